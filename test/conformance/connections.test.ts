/** How long a connection lives: keep-alive, pipelining, HTTP/1.0, half-close, clients that go away. */

import { expect, it, onTestFinished } from "vitest";
import { poll } from "../support/poll.ts";
import { exchange, RawClient, request } from "../support/raw-client.ts";
import { valueOf } from "../support/response-parser.ts";
import { describeSubjects } from "../support/subjects.ts";

describeSubjects((subject, server) => {
  async function open(): Promise<RawClient> {
    const client = await RawClient.connect(server().port);
    onTestFinished(() => client.destroy());
    return client;
  }

  if (subject.keepAlive) {
    it("serves several requests on one connection", async () => {
      const client = await open();
      for (let i = 0; i < 3; i++) {
        await client.send(request("GET /hello"));
        const response = await client.read();
        expect(response.body.toString()).toBe("hello\n");
        expect(valueOf(response, "connection") ?? "keep-alive").toBe("keep-alive");
      }
    });

    it.runIf(subject.seesFirst)("answers a pipeline in order, though the first takes longest", async () => {
      const client = await open();
      const delays = [60, 20, 0, 10];
      await client.send(delays.map((ms, i) => request(`GET /delay?ms=${ms}&say=answer-${i}`)).join(""));
      for (const i of delays.keys()) expect((await client.read()).body.toString()).toBe(`answer-${i}`);
    });

    it.runIf(subject.seesFirst)("stays open for an HTTP/1.0 client that asks for it, and says so", async () => {
      const client = await open();
      for (let i = 0; i < 2; i++) {
        await client.send(request("GET /hello HTTP/1.0", { Connection: "keep-alive" }));
        const response = await client.read();
        expect(valueOf(response, "connection")?.toLowerCase()).toBe("keep-alive");
        expect(response.framing).toBe("length");
      }
    });

    // Over TLS uWebSockets does it as without.
    it.runIf(subject.seesFirst)("closes an idle connection after the keep-alive time, without a word", async () => {
      const client = await open();
      await client.send(request("GET /hello"));
      await client.read();
      // uWebSockets has a time of its own, about 10 s.
      expect(await client.closed(subject.engine === "uws" ? 20_000 : 10_000)).toBe(true);
    });
  } else {
    it("closes after one answer, and says so", async () => {
      const client = await open();
      await client.send(request("GET /hello", { Connection: "keep-alive" }) + request("GET /hello"));
      expect(valueOf(await client.read(), "connection")).toBe("close");
      expect(await client.closed()).toBe(true);
    });
  }

  it("closes when the client asks for it", async () => {
    const client = await open();
    await client.send(request("GET /hello", { Connection: "close" }));
    expect(valueOf(await client.read(), "connection")).toBe("close");
    expect(await client.closed()).toBe(true);
  });

  it.runIf(subject.seesFirst)("closes after an answer to HTTP/1.0", async () => {
    const client = await open();
    await client.send("GET /hello HTTP/1.0\r\n\r\n");
    const response = await client.read();
    expect(response.status).toBe(200);
    expect(await client.closed()).toBe(true);
  });

  it("serves a client that has shut down its sending half", async () => {
    const client = await open();
    // Long enough for the end of input to be seen before there is an answer.
    await client.send(request(`GET /delay?ms=${subject.engine === "uws" ? 200 : 20}&say=late`));
    client.halfClose();
    // uWebSockets takes the end of input for the client's leaving.
    if (subject.engine === "llhttp") expect((await client.read()).body.toString()).toBe("late");
    expect(await client.closed()).toBe(true);
  });

  it("takes a request byte by byte", async () => {
    const text = request("POST /echo", { "X-Field": "value" }, "body");
    const splits = Array.from({ length: text.length - 1 }, (_, i) => i + 1);
    expect((await exchange(server().port, text, splits)).body.toString()).toBe("body");
  });

  it("closes silently when a client leaves before or within a head", async () => {
    const before = server().output.length;
    for (const text of ["", "GET /hel", "GET /hello HTTP/1.1\r\nHost: h\r\n"]) {
      const client = await open();
      await client.send(text);
      client.halfClose();
      expect(await client.closed()).toBe(true);
      client.destroy();
    }
    expect(server().output.slice(before)).not.toMatch(/\[(WARNING|ERROR)\]/);
  });

  it.each(["reset", "destroy"] as const)("tells the application when a client goes away (%s)", async (how) => {
    const id = `${subject.interface}-${how}`;
    const client = await open();
    await client.send(request(`GET /watch?id=${id}`));
    await client.readBytes(1);
    client[how]();
    await poll(
      async () => (await exchange(server().port, request(`GET /aborted?id=${id}`))).body.toString() === "true",
      {
        what: "the abort to be seen",
      },
    );
  });

  it.runIf(subject.seesFirst)("passes what is no HTTP to no application", async () => {
    const client = await open();
    await client.send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n");
    expect((await client.read()).status).toBe(400);
    expect(await client.closed()).toBe(true);
  });
});
