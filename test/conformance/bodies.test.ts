/** Request bodies: by length and chunked, streamed, expected, unread. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { exchange, RawClient, request } from "../support/raw-client.ts";
import { valueOf } from "../support/response-parser.ts";
import { describeSubjects } from "../support/subjects.ts";

describeSubjects((subject, server) => {
  async function open(): Promise<RawClient> {
    const client = await RawClient.connect(server().port);
    onTestFinished(() => client.destroy());
    return client;
  }

  it.each(["POST", "PUT", "PATCH", "DELETE"])("echoes the body of a %s by length", async (method) => {
    const response = await exchange(server().port, request(`${method} /echo`, {}, "the body"));
    expect(response).toMatchObject({ status: 200, cut: false });
    expect(response.body.toString()).toBe("the body");
  });

  it.runIf(subject.seesFirst)("echoes a chunked body, however it is cut on the wire", async () => {
    const text = `${request("POST /echo", { "Transfer-Encoding": "chunked" })}4\r\nWiki\r\n5;x=y\r\npedia\r\n0\r\n\r\n`;
    const splits = Array.from({ length: text.length - 1 }, (_, i) => i + 1);
    for (const cuts of [[], splits]) {
      const response = await exchange(server().port, text, cuts);
      expect(response.body.toString()).toBe("Wikipedia");
    }
  });

  it("echoes every byte value of a large body", async () => {
    const body = Buffer.alloc(3_000_000, Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
    const client = await open();
    const sent = client.send(
      Buffer.concat([Buffer.from(request("POST /echo", { "Content-Length": String(body.length) })), body]),
    );
    const response = await client.read("POST");
    await sent;
    expect(response.body.equals(body)).toBe(true);
  });

  it("answers while the body is still coming", async () => {
    const client = await open();
    await client.send(`${request("POST /echo", { "Transfer-Encoding": "chunked" })}5\r\nfirst\r\n`);
    await poll(client, /first/);
    await client.send("6\r\nsecond\r\n0\r\n\r\n");
    const response = await client.read("POST");
    expect(response.body.toString()).toBe("firstsecond");
  });

  it("sends 100 Continue once the application reads the body, and not before its head", async () => {
    const client = await open();
    await client.send(request("POST /inspect", { Expect: "100-continue", "Content-Length": "4" }));
    expect(await client.readInterim()).toMatchObject({ status: 100 });
    await client.send("body");
    const response = await client.read("POST");
    expect(response).toMatchObject({ status: 200, interim: [] });
    expect(JSON.parse(response.body.toString())).toMatchObject({ body: "body" });
  });

  it.runIf(subject.seesFirst)("sends no 100 Continue to an application that does not read", async () => {
    const client = await open();
    await client.send(request("POST /unread", { Expect: "100-continue", "Content-Length": "4" }));
    const response = await client.read("POST");
    expect(response).toMatchObject({ status: 200, interim: [] });
    // Whether the four bytes still come cannot be known: the connection cannot be used again.
    expect(await client.closed()).toBe(true);
  });

  it("sends no 100 Continue that was not asked for, nor to HTTP/1.0", async () => {
    expect((await exchange(server().port, request("POST /echo", {}, "x"))).interim).toEqual([]);
    expect(
      (await exchange(server().port, request("POST /echo HTTP/1.0", { Expect: "100-continue" }, "x"))).interim,
    ).toEqual([]);
  });

  it("answers without reading the body", async () => {
    const response = await exchange(server().port, request("POST /unread", {}, "x".repeat(1000)));
    expect(response).toMatchObject({ status: 200, cut: false });
    expect(response.body.toString()).toBe("not read\n");
  });

  it("delivers its answer to a client that is still sending a large body no one reads", async () => {
    const client = await open();
    await client.send(request("POST /unread", { "Content-Length": "10000000" }));
    const sending = sendInPieces(client, 10_000_000);
    expect((await client.read("POST")).body.toString()).toBe("not read\n");
    client.destroy();
    await sending;
  });

  if (subject.keepAlive) {
    it("serves the next request after a small body that was not read", async () => {
      const client = await open();
      await client.send(request("POST /unread", {}, "x".repeat(1000)) + request("GET /hello"));
      expect((await client.read("POST")).body.toString()).toBe("not read\n");
      expect((await client.read()).body.toString()).toBe("hello\n");
    });
  }

  it("tells the application of a body that breaks off", async () => {
    const client = await open();
    const before = server().output.length;
    await client.send(request("POST /inspect", { "Content-Length": "100" }) + "half");
    await sleep(1);
    client.reset();
    // The next request is served: the broken one holds nothing.
    expect((await exchange(server().port, request("GET /hello"))).status).toBe(200);
    expect(server().output.slice(before)).not.toMatch(/\[ERROR\]/);
  });

  it("refuses a body that is malformed after its head was handed out", async () => {
    const client = await open();
    await client.send(request("POST /inspect", { "Transfer-Encoding": "chunked" }));
    await sleep(1);
    await client.send("zz\r\n");
    const response = await client.read("POST");
    expect([response.status, valueOf(response, "connection")]).toEqual([400, "close"]);
    expect(await client.closed()).toBe(true);
  });
});

// --- internal ---

/** As a client does that looks for an answer between its pieces; ends early when the server has closed. */
async function sendInPieces(client: RawClient, bytes: number): Promise<void> {
  const piece = Buffer.alloc(16 * 1024);
  for (let sent = 0; sent < bytes && !client.isClosed && client.socket.writable; sent += piece.length) {
    await client.send(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Waits until the bytes received and not yet read show `pattern`. */
async function poll(client: RawClient, pattern: RegExp): Promise<void> {
  for (let count = 1; !pattern.test(client.pending.toString("latin1")); count = client.pending.length + 1) {
    await client.readBytes(count);
  }
}
