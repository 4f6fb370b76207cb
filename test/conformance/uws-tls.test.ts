/** The table of docs/engines.md for TLS: first requests are uWebSockets' own as well, and some clients are not seen to leave or fail. And what is sent comes whole. */

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Junicorn } from "../support/junicorn.ts";
import { RawClient, request } from "../support/raw-client.ts";
import { startSubject, SUBJECTS } from "../support/subjects.ts";
import { helloOf, secure } from "../support/tls-client.ts";
import { HAS_UWS } from "../support/uws.ts";

let server: Junicorn;

beforeAll(async () => {
  const subject = SUBJECTS.find((each) => each.engine === "uws" && each.interface === "node");
  if (subject !== undefined) server = await startSubject({ ...subject, tls: true }, [], true);
});
afterAll(() => server?.kill());

async function open(): Promise<RawClient> {
  const client = await RawClient.connect(server.port);
  onTestFinished(() => client.destroy());
  return client;
}

describe.runIf(HAS_UWS)("a first request over TLS", () => {
  const chunked = request("POST /echo", { "Transfer-Encoding": "chunked" });
  it.each([
    ["HTTP/1.0", request("GET /hello HTTP/1.0"), 505],
    ["a target in absolute form", request("GET http://junicorn.test/hello"), 505],
    ["no Host", "GET /hello HTTP/1.1\r\n\r\n", 400],
    ["an extension of a chunk", `${chunked}4;x=y\r\nbody\r\n0\r\n\r\n`, 400],
  ])("%s gets uWebSockets' own page", async (_, bytes, status) => {
    const client = await open();
    await client.send(bytes);
    const answer = await client.read();
    expect(answer).toMatchObject({ status });
    expect(answer.body.toString()).toMatch(/^<h1>/);
    expect(await client.closed()).toBe(true);
  });

  it("100 Continue is sent at once, and trailers are not", async () => {
    const client = await open();
    await client.send(request("POST /unread", { Expect: "100-continue", "Content-Length": "4" }));
    expect((await client.read("POST")).interim).toMatchObject([{ status: 100 }]);
    const other = await open();
    await other.send(request("GET /trailers", { TE: "trailers" }));
    expect((await other.read()).trailers).toEqual([]);
  });

  it("a request that comes before the answer to it closes the connection", async () => {
    const client = await open();
    await client.send(request("GET /delay?ms=50&say=first") + request("GET /hello"));
    expect(await client.closed()).toBe(true);
  });
});

describe.runIf(HAS_UWS)("a body over TLS", () => {
  it("comes back whole from a client that reads late, so that much of it waits in the kernel when the application reads on", async () => {
    const body = Buffer.alloc(12_000_000);
    for (let i = 0; i < body.length; i += 4) body.writeUInt32BE(i / 4, i);
    const asked = httpsRequest({
      ...{ host: "127.0.0.1", port: server.port, path: "/echo", method: "POST" },
      ...{ rejectUnauthorized: false, agent: false, headers: { "Content-Length": body.length } },
    });
    asked.on("error", () => {}); // the answer tells
    // While the first part of it goes to and fro the kernel finds that it needs large buffers.
    asked.write(body.subarray(0, 5_000_000));
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length < 5_000_000 || asked.writableEnded) continue;
      asked.end(body.subarray(5_000_000));
      await sleep(400);
    }
    expect(Buffer.concat(pieces).equals(body)).toBe(true);
  });
});

describe.runIf(HAS_UWS)("a handshake", () => {
  it("that stops after its first message ends within about 10 s, and one that the client breaks off leaves no line", async () => {
    const before = server.output.length;
    const socket = connect(server.port, "127.0.0.1").on("error", () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(await helloOf({ servername: "localhost" }));
    socket.resume();
    await expect(secure(server.port, { rejectUnauthorized: true })).rejects.toThrow(/certificate/);
    await once(socket, "close");
    expect(server.output.slice(before)).not.toMatch(/WARNING|ERROR/);
  });
});
