/** The exchange inside a thread: what it sends, what it refuses, and how it keeps to its window. */

import { expect, test } from "vitest";
import { ResponseHead } from "../../../src/http/response-head.ts";
import { INLINE_BODY, WINDOW, type FromThread, type RequestTask } from "../../../src/workers/gthread/messages.ts";
import { ThreadExchange, type ThreadLine } from "../../../src/workers/gthread/thread-exchange.ts";
import { JunicornError } from "../../../src/base/errors.ts";

class Line implements ThreadLine {
  readonly head = new ResponseHead("", 0);
  readonly sent: FromThread[] = [];
  over_ = 0;
  send(message: FromThread, transfer?: ArrayBuffer): void {
    this.sent.push(structuredClone(message, { transfer: transfer === undefined ? [] : [transfer] }));
  }
  over(): void {
    this.over_++;
  }
  get types(): string[] {
    return this.sent.map((message) => (Array.isArray(message) ? "answer" : (message as { type: string }).type));
  }
}

function setUp(changes: { method?: string; contentLength?: number; body?: Uint8Array } = {}) {
  const { method = "GET", contentLength = 0, body = null } = changes;
  const task: RequestTask = [
    7,
    method,
    "/x",
    1,
    ["Host", "h"],
    contentLength,
    0,
    "192.0.2.1",
    5,
    "127.0.0.1",
    80,
    "",
    body,
    null,
    null,
  ];
  const line = new Line();
  return { line, exchange: new ThreadExchange(task, line) };
}

test("a small answer is one message, and leaves the application's bytes alone", () => {
  const { line, exchange } = setUp();
  const bytes = Buffer.from("hello");
  exchange.respond(200, "", ["A", "b"], bytes);
  expect(line.sent).toEqual([[7, 200, "", ["A", "b"], new Uint8Array(bytes)]]);
  expect(bytes.toString()).toBe("hello");
  expect({ over: exchange.over, ended: exchange.ended, bytesSent: exchange.bytesSent, released: line.over_ }).toEqual({
    over: true,
    ended: true,
    bytesSent: 5,
    released: 1,
  });
});

test.each([
  ["bytes", new Uint8Array(3 * WINDOW).fill(120)],
  ["text of several bytes a letter", "ä€𝄞".repeat(100_000)],
])("a large answer of %s goes in pieces, no more than the window under way, and arrives whole", (_, body) => {
  const { line, exchange } = setUp();
  let flushed = 0;
  exchange.onFlushed = () => flushed++;
  exchange.respond(200, "", [], body);
  const parts: Uint8Array[] = [];
  for (let seen = 0; ;) {
    const fresh = line.sent.slice(seen);
    seen = line.sent.length;
    const chunks = fresh.flatMap((message) =>
      "type" in message && message.type === "write" ? [message.chunk as Uint8Array] : [],
    );
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    expect(bytes).toBeLessThanOrEqual(WINDOW);
    parts.push(...chunks);
    if (line.types.at(-1) === "end") break;
    expect(bytes).toBeGreaterThan(0);
    expect(flushed).toBe(0);
    exchange.credit(bytes);
  }
  expect(Buffer.concat(parts).equals(Buffer.from(body as string))).toBe(true);
  expect(line.sent[0]).toMatchObject({ type: "start", headers: ["Content-Length", String(Buffer.byteLength(body))] });
  expect({ flushed, released: line.over_ }).toEqual({ flushed: 1, released: 1 });
});

test("the answer to HEAD has the length of a body that is not sent", () => {
  const { line, exchange } = setUp({ method: "HEAD" });
  exchange.respond(200, "", [], "x".repeat(INLINE_BODY + 1));
  expect(line.sent).toEqual([[7, 200, "", ["Content-Length", String(INLINE_BODY + 1)], null]]);
});

test("a header that must not go out is refused where it was given, and nothing is sent", () => {
  const { line, exchange } = setUp();
  for (const send of [
    () => exchange.respond(200, "", ["X", "a\r\nb"], null),
    () => exchange.start(200, "", ["a b", "c"]),
  ]) {
    expect(send).toThrow(expect.objectContaining({ code: "ERR_RESPONSE_HEADER" }));
  }
  expect(line.sent).toEqual([]);
  exchange.respond(500, "", [], "sorry");
  expect(line.types).toEqual(["answer"]);
});

test("a stream waits when its window is full, and goes on when half of it is free", () => {
  const { exchange } = setUp();
  let drained = 0;
  exchange.onDrain = () => drained++;
  exchange.start(200, "", []);
  const chunk = new Uint8Array(WINDOW / 4);
  expect([1, 2, 3, 4].map(() => exchange.write(chunk))).toEqual([true, true, true, false]);
  exchange.credit(WINDOW / 4);
  expect(drained).toBe(0);
  exchange.credit(WINDOW / 4);
  expect(drained).toBe(1);
});

test("a stream keeps to its Content-Length", () => {
  const long = setUp().exchange;
  long.start(200, "", ["Content-Length", "3"]);
  expect(() => long.write("four")).toThrow(expect.objectContaining({ code: "ERR_RESPONSE_LENGTH" }));
  const { line, exchange: short } = setUp();
  short.start(200, "", ["Content-Length", "3"]);
  short.write("ab");
  expect(() => short.end()).toThrow(expect.objectContaining({ code: "ERR_RESPONSE_LENGTH" }));
  expect(line.types).toEqual(["start", "write", "abort"]);
});

test("a body that came with its request is there at once; another is asked for, and credited as it is taken", () => {
  const whole = setUp({ method: "POST", contentLength: 2, body: new Uint8Array([1, 2]) });
  const seen: unknown[] = [];
  const sink = {
    data: (chunk: Uint8Array) => seen.push([...chunk.subarray(0, 2)]),
    end: () => seen.push("end"),
    fail: () => seen.push("fail"),
  };
  whole.exchange.readBody(sink);
  expect(seen).toEqual([[1, 2], "end"]);
  expect(whole.line.sent).toEqual([]);

  const { line, exchange } = setUp({ method: "POST", contentLength: -1 });
  seen.length = 0;
  exchange.readBody(sink);
  exchange.pauseBody();
  exchange.bodyData(new Uint8Array(INLINE_BODY));
  exchange.bodyEnd([]);
  expect({ seen, types: line.types }).toEqual({ seen: [], types: ["read"] });
  exchange.resumeBody();
  expect(seen).toEqual([[0, 0], "end"]);
  expect(line.sent[1]).toEqual({ type: "taken", id: 7, bytes: INLINE_BODY });
});

test("a client that goes away frees the thread at once; time that is up frees it when the application has returned", async () => {
  const gone = setUp();
  let reason: Error | null = null;
  gone.exchange.onAbort = (error) => (reason = error);
  gone.exchange.gone(new JunicornError("ERR_CLIENT_GONE"), true, false);
  expect(reason).toMatchObject({ code: "ERR_CLIENT_GONE" });
  expect({ types: gone.line.types, released: gone.line.over_ }).toEqual({ types: ["released"], released: 1 });

  const late = setUp();
  let finish!: () => void;
  late.exchange.pending = new Promise<void>((resolve) => (finish = resolve));
  late.exchange.gone(new JunicornError("ERR_REQUEST_DEADLINE", { seconds: 1 }), true, true);
  late.exchange.respond(200, "", [], "too late");
  await Promise.resolve();
  expect(late.line.types).toEqual([]);
  finish();
  await new Promise((resolve) => setImmediate(resolve));
  expect(late.line.types).toEqual(["released"]);
});

test("after a half-close the application is told, and its answer is sent", () => {
  const { line, exchange } = setUp();
  let told = 0;
  exchange.onAbort = () => told++;
  exchange.gone(new JunicornError("ERR_CLIENT_GONE"), false, false);
  exchange.respond(200, "", [], "still here");
  expect({ told, types: line.types }).toEqual({ told: 1, types: ["answer"] });
});
