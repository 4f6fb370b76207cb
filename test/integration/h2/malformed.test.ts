/** What nghttp2 refuses by itself: nobody is answered, and the log is told who did what, as of any other bad request. */

import { describe, expect, test } from "vitest";
import {
  block,
  frame,
  FrameFlag,
  FrameType,
  NGHTTP2_MINOR,
  requestBlock,
  WHOLE,
  type FrameClient,
} from "../../support/h2-client.ts";
import { poll } from "../../support/poll.ts";
import { frameClientOf, hello, start } from "./harness.ts";

const { HEADERS, CONTINUATION, DATA, SETTINGS, PING } = FrameType;
const WINDOW_UPDATE = 8;
const MOST = Buffer.of(0x7f, 0xff, 0xff, 0xff);

type Field = readonly [string, string];
/** What is sent, what the log says, and the frames. */
type Row<Said> = [what: string, said: Said, bytes: Buffer];
const asks = (...fields: Field[]): Buffer => frame(HEADERS, WHOLE, 1, requestBlock("/", ...fields));
const begins = (stream: number, path: string, ...fields: Field[]): Buffer =>
  frame(HEADERS, FrameFlag.END_HEADERS, stream, requestBlock(path, ...fields));
const of = (fields: readonly Field[]): Buffer => frame(HEADERS, WHOLE, 1, block(...fields));
const many = (count: number, size: number): Field[] =>
  Array.from({ length: count }, (_, i) => [`x-${i}`, "y".repeat(size)]);

/** A head in as many frames as it takes. */
function inFrames(fields: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < fields.length; at += 16_000) {
    const last = at + 16_000 >= fields.length ? FrameFlag.END_HEADERS : 0;
    const [type, flags] = at === 0 ? [HEADERS, last | FrameFlag.END_STREAM] : [CONTINUATION, last];
    pieces.push(frame(type, flags, 1, fields.subarray(at, at + 16_000)));
  }
  return Buffer.concat(pieces);
}

/** The session goes on with nghttp2 up to 1.68, and ends with later ones. */
const wrongBodies = (stream: number): { what: string; rule: string; words: RegExp; bytes: Buffer }[] => [
  {
    what: "a body of another length than declared",
    rule: "http2-malformed",
    words: /Protocol error/,
    bytes: Buffer.concat([
      begins(stream, "/never", ["content-length", "5"]),
      frame(DATA, 1, stream, Buffer.from("abcdefgh")),
    ]),
  },
  {
    what: "more of a body than the window allows",
    rule: "http2-flow-control",
    words: /FLOW_CONTROL_ERROR/,
    bytes: Buffer.concat([
      begins(stream, "/never"),
      ...Array.from({ length: 5 }, () => frame(DATA, 0, stream, Buffer.alloc(16_384))),
    ]),
  },
];

describe("a stream is reset, the log told, and the session goes on, of a client that sends", () => {
  test.each<Row<string>>([
    ["a name in upper case", "http2-malformed", asks(["X-Up", "1"])],
    ["a field of connections", "http2-malformed", asks(["connection", "close"])],
    ["a pseudo-field twice", "http2-malformed", asks([":path", "/"])],
    ["an unknown pseudo-field", "http2-malformed", asks([":bad", "/"])],
    ["a second Host", "http2-malformed", asks(["host", "a"], ["host", "b"])],
    [
      "no path",
      "http2-malformed",
      of([
        [":method", "GET"],
        [":scheme", "https"],
      ]),
    ],
    [
      "CONNECT with a protocol, which is not offered",
      "http2-malformed",
      of([
        [":method", "CONNECT"],
        [":protocol", "websocket"],
        [":scheme", "https"],
        [":path", "/"],
        [":authority", "h"],
      ]),
    ],
    [
      "trailers with a pseudo-field",
      "http2-malformed",
      Buffer.concat([begins(1, "/never"), frame(HEADERS, WHOLE, 1, block([":path", "/"]))]),
    ],
    ["far more fields than limit_request_fields", "http2-header-list", asks(...many(300, 1))],
    [
      "more fields than http2_max_header_list_size",
      "http2-header-list",
      inFrames(requestBlock("/", ...many(20, 4000))),
    ],
    ...(NGHTTP2_MINOR < 69 ? wrongBodies(1).map(({ what, rule, bytes }): Row<string> => [what, rule, bytes]) : []),
  ])("%s (%s)", async (_what, rule, frames) => {
    const harness = await start((exchange) => exchange.target === "/never" || hello(exchange));
    const client = await frameClientOf(harness);
    client.send(frame(SETTINGS, FrameFlag.ACK, 0), frames);
    await poll(() => client.resetOf(1) !== null);
    expect(harness.refusals).toMatchObject([{ rule, status: 0, stream: 1 }]);
    expect(harness.refusals[0]!.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(harness.refusals[0]!.reason).toMatch(/\((PROTOCOL_ERROR|ENHANCE_YOUR_CALM|FLOW_CONTROL_ERROR)\)$/);
    client.send(frame(HEADERS, WHOLE, 3, requestBlock("/")));
    await poll(() => client.answered(3));
    expect(harness.refusals).toHaveLength(1);
  });

  test("what is over http2_max_header_list_size is answered, if its client has not acknowledged the limit", async () => {
    const harness = await start(() => expect.unreachable());
    const client = await frameClientOf(harness);
    client.send(inFrames(requestBlock("/", ...many(20, 4000))));
    await poll(() => client.answered(1));
    expect(harness.refusals).toMatchObject([{ rule: "header-list-too-large", status: 431 }]);
  });

  test("more requests at once than http2_max_concurrent_streams", async () => {
    const harness = await start(() => {}, { http2: { maxConcurrentStreams: 3 } });
    const client = await frameClientOf(harness);
    for (const stream of [1, 3, 5, 7]) client.send(frame(HEADERS, WHOLE, stream, requestBlock("/")));
    await poll(() => client.resetOf(7) !== null);
    expect(harness.refusals).toMatchObject([{ rule: "http2-streams", stream: 7 }]);
  });

  test("many of them: five lines, and one for all others", async () => {
    const harness = await start(hello);
    const client = await frameClientOf(harness);
    for (let i = 0; i < 50; i++) client.send(frame(HEADERS, WHOLE, 2 * i + 1, requestBlock("/", ["X-Up", "1"])));
    await poll(() => client.resetOf(99) !== null);
    expect(harness.rules()).toEqual(Array.from({ length: 5 }, () => "http2-malformed"));
    client.destroy();
    await poll(() => harness.closed() === 1);
    expect(harness.refusals[5]).toMatchObject({ rule: "http2-more-resets", stream: 0 });
    expect(harness.refusals[5]!.reason).toMatch(/^45 more streams/);
  });

  test("thousands of them: the session ends", async () => {
    const harness = await start(hello);
    const client = await frameClientOf(harness);
    for (let i = 0; i < 300 && !client.closed; i++)
      client.send(frame(HEADERS, WHOLE, 2 * i + 1, requestBlock("/", ["X-Up", "1"])));
    await poll(() => client.closed);
    expect(harness.rules()).toContain("http2-refusals");
  });
});

describe("a session ends, in time, and the log is told, of a client that sends", () => {
  const later = (client: FrameClient): void => void client.send(frame(HEADERS, WHOLE, 1, requestBlock("/never")));
  // nghttp2 1.65 and later know of no dependencies (RFC 9113 §5.3.2).
  const selfish = frame(2, 0, 3, Buffer.of(0, 0, 0, 3, 0));
  const dependsOnItself: Row<RegExp> = ["a stream that depends on itself", /depend on itself/, selfish];
  test.each<Row<RegExp>>([
    ["what does not unpack", /COMPRESSION_ERROR/, frame(HEADERS, WHOLE, 3, Buffer.alloc(6, 0xff))],
    ["a body for a stream that is none", /DATA: stream in idle/, frame(DATA, 1, 5, Buffer.of(1))],
    ["a body after its end", /half-closed/, frame(DATA, 1, 1, Buffer.of(1))],
    ["a frame over http2_max_frame_size", /too large frame/, frame(DATA, 0, 1, Buffer.alloc(17_000))],
    ["a PING of the wrong size", /FRAME_SIZE_ERROR/, frame(PING, 0, 0, Buffer.alloc(7))],
    ["a CONTINUATION of nothing", /CONTINUATION: unexpected/, frame(CONTINUATION, FrameFlag.END_HEADERS, 3)],
    ...(NGHTTP2_MINOR < 65 ? [dependsOnItself] : []),
    ...(NGHTTP2_MINOR < 69 ? [] : wrongBodies(3).map(({ what, words, bytes }): Row<RegExp> => [what, words, bytes])),
    ["a stream with an even number", /Protocol error/, frame(HEADERS, WHOLE, 2, requestBlock("/"))],
    ["a window of more than there can be", /Flow control error/, frame(WINDOW_UPDATE, 0, 0, MOST)],
    ["a window of nothing", /Protocol error/, frame(WINDOW_UPDATE, 0, 0, Buffer.alloc(4))],
    ["a setting that is not valid", /Flow control error/, frame(SETTINGS, 0, 0, Buffer.of(0, 4, 255, 255, 255, 255))],
    [
      "resets of a stream all the time",
      /INTERNAL_ERROR/,
      Buffer.concat(Array.from({ length: 5000 }, () => frame(3, 0, 1, Buffer.of(0, 0, 0, 8)))),
    ],
    ["a PUSH_PROMISE", /Protocol error/, frame(5, FrameFlag.END_HEADERS, 1, Buffer.alloc(10))],
  ])("%s", async (_what, reason, bytes) => {
    const lost: string[] = [];
    const harness = await start((exchange) => {
      exchange.onAbort = (error) => lost.push((error as { code?: string }).code ?? "");
    });
    const client = await frameClientOf(harness);
    later(client);
    client.send(bytes);
    await poll(() => client.closed);
    await poll(() => harness.engine.connections === 0);
    expect(harness.refusals).toMatchObject([{ rule: "http2-protocol-error", status: 0 }]);
    expect(harness.refusals[0]!.reason).toMatch(reason);
    // Nobody is left waiting: what was in progress has heard of it, if it had come to be.
    expect(["ERR_CLIENT_GONE", undefined]).toContain(lost[0]);
  });
});
