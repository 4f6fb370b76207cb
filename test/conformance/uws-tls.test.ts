/** The table of docs/engines.md for TLS: first requests are uWebSockets' own as well, and some clients are not seen to leave or fail. And what is sent comes whole. */

import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Junicorn } from "../support/junicorn.ts";
import { isWholeRead } from "../support/late-reader.ts";
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
  it.each([
    ["HTTP/1.0", request("GET /hello HTTP/1.0"), 505],
    ["a target in absolute form", request("GET http://junicorn.test/hello"), 505],
    ["no Host", "GET /hello HTTP/1.1\r\n\r\n", 400],
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

  it("a blank line before a request is not skipped", async () => {
    const client = await open();
    await client.send(request("GET /hello"));
    expect((await client.read()).status).toBe(200);
    await client.send(`\r\n${request("GET /hello")}`);
    expect(await client.closed(20_000)).toBe(true);
  });

  it("a request that comes before the answer to it closes the connection", async () => {
    const client = await open();
    await client.send(request("GET /delay?ms=50&say=first") + request("GET /hello"));
    expect(await client.closed()).toBe(true);
  });
});

describe.runIf(HAS_UWS)("a body over TLS", () => {
  it("comes back whole to a client that reads late", async () => {
    expect(await isWholeRead(server.port, true, { agent: false })).toBe(true);
  });
});

describe.runIf(HAS_UWS)("a handshake", () => {
  it("that stops after its first message ends within about 10 s, and one that the client breaks off leaves a line", async () => {
    const before = server.output.length;
    const socket = connect(server.port, "127.0.0.1").on("error", () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(await helloOf({ servername: "localhost" }));
    socket.resume();
    await expect(secure(server.port, { rejectUnauthorized: true })).rejects.toThrow(/certificate/);
    await once(socket, "close");
    expect(server.output.slice(before)).toMatch(
      /\[WARNING\] TLS handshake with 127\.0\.0\.1:\d+ failed: the client closed the connection in the middle of it\n/,
    );
  });
});
