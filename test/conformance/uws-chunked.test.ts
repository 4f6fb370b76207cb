/** Chunked bodies on connections that uWebSockets keeps, which our parser reads in its place: cut anywhere, over each kind of socket, sound or not. */

import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { RawClient, request, type RawResponse, type Target } from "../support/raw-client.ts";
import { DEFAULT_LIMITS, invalidCases, validCases } from "../support/request-corpus.ts";
import { valueOf } from "../support/response-parser.ts";
import { startSubject, SUBJECTS } from "../support/subjects.ts";
import { temporaryFolder } from "../support/tools.ts";
import { HAS_UWS } from "../support/uws.ts";

const CHUNKED = { "Transfer-Encoding": "chunked" };
const NEXT = request("GET /hello");

const plain = (bytes: Buffer): boolean => /\r\ntransfer-encoding: chunked\r\n/i.test(bytes.toString("latin1"));
const alone = validCases().filter(
  ({ bytes, requests }) => plain(bytes) && requests.length === 1 && requests[0]!.keepAlive && !requests[0]!.upgrade,
);
const invalid = invalidCases().filter(
  ({ bytes, requests, limits }) =>
    plain(bytes) && requests === 0 && JSON.stringify(limits) === JSON.stringify(DEFAULT_LIMITS),
);

const servers = new Map<string, Junicorn>();
const targets = new Map<string, Target>();

beforeAll(async () => {
  if (!HAS_UWS) return;
  const socket = join(temporaryFolder({ onTestFinished: afterAll }), "chunked.sock");
  const binds = ["--bind", "127.0.0.1:0", "--bind", `unix:${socket}`];
  const args = ["--worker-class", "async", "--http-engine", "uws", "--interface", "node", ...binds];
  const server = await startJunicorn({ app: "./conformance-node.mjs", args, shared: true });
  const subject = SUBJECTS.find((each) => each.engine === "uws" && each.interface === "node")!;
  const secure = await startSubject({ ...subject, tls: true }, [], true);
  for (const [kind, owner, target] of [
    ["TCP", server, server.port],
    ["a unix socket", server, socket],
    ["TLS", secure, secure.port],
  ] as const) {
    servers.set(kind, owner);
    targets.set(kind, target);
  }
});
afterAll(async () => {
  for (const server of new Set(servers.values())) await server.kill();
});

describe.runIf(HAS_UWS).each(["TCP", "a unix socket", "TLS"])("over %s, a later request", (kind) => {
  it.each(alone)("with the body of valid/$name, cut anywhere", async ({ bytes, requests: [expected] }) => {
    const client = await kept(kind);
    for (let cut = 0; cut < bytes.length; cut++) {
      // And once more, for three pieces are another case than two.
      const splits = cut === 0 ? [] : [cut, Math.min(bytes.length, cut + 1 + (cut % 5))];
      await client.send(bytes, splits);
      const response = await client.read(expected!.method);
      expect(valueOf(response, "connection"), `cut at ${cut}`).toBeUndefined();
      if (expected!.method === "HEAD") continue;
      const seen = JSON.parse(response.body.toString()) as { body: string; trailers: string[] };
      expect(seen, `cut at ${cut}`).toMatchObject({ body: expected!.body, trailers: expected!.trailers.flat() });
    }
  });

  it.each(invalid)("is not served with the body of invalid/$name", async ({ bytes, rule }) => {
    const body = bytes.indexOf("\r\n\r\n") + 4;
    for (const cuts of [[], [body], [body - 1], [body + 1], [body, body + 3], [bytes.length - 1]]) {
      const before = servers.get(kind)!.output.length;
      const client = await kept(kind);
      await client.send(bytes, cuts);
      await client.send(NEXT);
      // What is refused at once is answered; what is within the body is told to the application, which answers.
      const response = await client.read().catch(() => null);
      expect(response?.status ?? 400, `cut at ${cuts.join()}`).toBeGreaterThanOrEqual(400);
      expect(client.pending.toString("latin1")).not.toContain(" 200 ");
      // uWebSockets refuses some by itself, and says nothing.
      if (response === null || response.body.toString().startsWith("<h1>")) continue;
      const line = new RegExp(`WARNING.*\\(${rule}\\)`);
      await poll(() => line.test(servers.get(kind)!.output.slice(before)));
    }
  });

  it("comes back whole, whatever its chunks and its pieces", async () => {
    const client = await kept(kind);
    for (let round = 0; round < 6; round++) {
      const data = randomBytes(100_000 * (round + 1));
      const pieces: Buffer[] = [];
      for (let at = 0; at < data.length;) {
        const size = 1 + Math.floor(Math.random() ** 6 * 60_000);
        const chunk = data.subarray(at, at + size);
        pieces.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
        at += size;
      }
      const bytes = Buffer.concat([Buffer.from(request("POST /echo", CHUNKED)), ...pieces, Buffer.from("0\r\n\r\n")]);
      const splits = Array.from({ length: round * 4 }, () => Math.floor(Math.random() * bytes.length)).sort(
        (a, b) => a - b,
      );
      const [response] = await Promise.all([client.read("POST", 20_000), client.send(bytes, splits)]);
      expect(hash(response.body)).toBe(hash(data));
    }
    await client.send(NEXT);
    expect((await client.read()).status).toBe(200);
  });

  const piece = "5\r\nhello\r\n";
  it("that is answered before it is here is followed by others, once it is sound and not too long", async () => {
    const client = await kept(kind);
    await client.send(request("POST /unread", CHUNKED) + piece);
    const response = await client.read("POST");
    expect([response.status, valueOf(response, "connection")]).toEqual([200, undefined]);
    await client.send(`${piece}0\r\n\r\n${NEXT}`, [4]);
    expect((await client.read()).status).toBe(200);
  });

  it.each([
    ["is not sound", `x${piece}0\r\n\r\n`],
    ["does not end", piece.repeat(10_000)],
  ])("that is answered before it is here is the last one where it %s", async (_, rest) => {
    const client = await kept(kind);
    await client.send(request("POST /unread", CHUNKED) + piece);
    expect((await client.read("POST")).status).toBe(200);
    await client.send(rest);
    await client.send(NEXT);
    await again(kind, "GET /delay?ms=20&say=now");
    expect(client.pending.length).toBe(0);
  });

  it("that is answered at once is followed by others in the same segment", async () => {
    const client = await kept(kind);
    const whole = `${request("POST /unread", CHUNKED)}${piece.repeat(20)}0\r\nX-Sum: 1\r\n\r\n`;
    await client.send(whole + whole + NEXT + whole + NEXT);
    for (const answer of ["not read\n", "not read\n", "hello\n", "not read\n", "hello\n"])
      expect((await client.read()).body.toString()).toBe(answer);
  });

  it("that its client leaves in the middle does no harm", async () => {
    const client = await kept(kind);
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    await client.send(request("POST /echo", CHUNKED) + chunk);
    await client.readBytes(1000); // it streams
    client.destroy();
    expect((await again(kind, "GET /hello")).status).toBe(200);
  });
});

// --- internal ---

/** A connection that uWebSockets has served once. */
async function kept(kind: string): Promise<RawClient> {
  for (;;) {
    const client = await RawClient.connect(targets.get(kind)!);
    onTestFinished(() => client.destroy());
    await client.send(NEXT);
    // On llhttp it says that it is kept: there it is where the worker was faster than we, as on unix sockets it may be.
    if (valueOf(await client.read(), "connection") === undefined) return client;
    client.destroy();
  }
}

async function again(kind: string, line: string): Promise<RawResponse> {
  const client = await kept(kind);
  await client.send(request(line));
  return client.read();
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
