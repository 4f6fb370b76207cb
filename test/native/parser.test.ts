/** The parser beyond the request corpus: limits and ceilings, cutting, upgrades, spans, and misuse. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RULES } from "../../src/http/rules.ts";
import { HeadFlag, native, ParserField, type ParserLimits } from "../../src/native.ts";
import { parseAll } from "../support/parse-all.ts";
import { DEFAULT_LIMITS, validCases } from "../support/request-corpus.ts";

const { HttpParser, parserRules, parserState } = native();
const UNLIMITED: ParserLimits = { requestLine: 0, fields: 0, fieldSize: 0 };
const HEAD = "GET / HTTP/1.1\r\nHost: h\r\n";

/** Feeds `unit` for ever and tells after how many bytes the parser had enough, and why. */
function feedEndlessly(start: string, unit: string, limits: ParserLimits): { rule: string; bytes: number } {
  const parser = new HttpParser(limits);
  let bytes = 0;
  for (let chunk = Buffer.from(start, "latin1"); ; chunk = Buffer.from(unit, "latin1")) {
    for (let at = 0; at < chunk.length; at += parserState[ParserField.CONSUMED]!) {
      parser.execute(chunk, at, chunk.length);
      if (parserState[ParserField.FLAGS]! & HeadFlag.ERROR) {
        return { rule: parserRules[parserState[ParserField.RULE]!]!, bytes };
      }
    }
    bytes += chunk.length;
    if (bytes > 4 << 20) throw new Error("the parser takes everything");
  }
}

function rule(text: string, limits: ParserLimits = DEFAULT_LIMITS): string | null {
  return parseAll([Buffer.from(text, "latin1")], limits).rule;
}

describe("rules", () => {
  it("all have an answer", () => {
    const [none, ...names] = parserRules;
    expect(none).toBe("none");
    expect(Object.keys(RULES)).toEqual(expect.arrayContaining(names));
  });

  it.each([
    ["a CONNECT with a body", "CONNECT h:1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx", "body-in-connect"],
    [
      "a chunk extension of 257 bytes",
      `POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;${"a".repeat(256)}\r\nx\r\n0\r\n\r\n`,
      "chunk-extension-too-long",
    ],
    [
      "extensions of more than 16 KiB in one message",
      `POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${`1;${"a".repeat(255)}\r\nx\r\n`.repeat(65)}0\r\n\r\n`,
      "chunk-extension-too-long",
    ],
    ["three blank lines before a request", "\r\n\r\n\r\nGET / HTTP/1.1\r\n", "bad-request-line"],
    ["the method of HTTP/2's preface", "PRI / HTTP/1.1\r\nHost: h\r\n\r\n", "bad-method"],
    ["data after Connection: close", `${HEAD}Connection: close\r\n\r\nGET`, "data-after-close"],
    ["a tab after the coding", `${HEAD}Transfer-Encoding: chunked\t\r\n\r\n`, "transfer-encoding-not-chunked"],
  ])("%s", (_what, text, expected) => {
    expect(rule(text)).toBe(expected);
  });

  it("come only after what was fine before", () => {
    const parser = new HttpParser(DEFAULT_LIMITS);
    const input = Buffer.from("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokNO");
    const head = parser.execute(input, 0, input.length);
    expect(head).toContain("POST/Host");
    expect(parserState[ParserField.FLAGS]! & (HeadFlag.HEAD | HeadFlag.ERROR)).toBe(HeadFlag.HEAD);
    expect(parserState[ParserField.SPANS]).toBe(1);
    const consumed = parserState[ParserField.CONSUMED]!;
    expect(parser.execute(input, consumed, input.length)).toBeNull();
    expect(parserState[ParserField.FLAGS]).toBe(HeadFlag.ERROR);
    expect(parserState[ParserField.CONSUMED]).toBe(0);
  });
});

describe("endless input is refused early", () => {
  const chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  it.each([
    ["target", "GET /", "a", "request-line-too-long"],
    ["header name", HEAD, "a", "field-too-long"],
    ["header value", `${HEAD}X: `, "a", "field-too-long"],
    ["white space before a value", `${HEAD}X:`, " ", "field-too-long"],
    ["header fields", HEAD, "X: y\r\n", "too-many-fields"],
    ["chunk-size zeros", chunked, "0", "bad-chunk"],
    ["chunk extension", `${chunked}1`, ";a", "chunk-extension-too-long"],
    ["trailer name", `${chunked}0\r\n`, "a", "field-too-long"],
    ["trailer fields", `${chunked}0\r\n`, "X: y\r\n", "too-many-fields"],
    ["blank lines", "\r\n", "\r\n", "bad-request-line"],
  ])("%s", (_what, start, unit, expected) => {
    const limits = { requestLine: 1000, fields: 100, fieldSize: 1000 };
    const { rule: refused, bytes } = feedEndlessly(start, unit, limits);
    expect(refused).toBe(expected);
    expect(bytes).toBeLessThan(1100);
  });

  it.each([
    ["target", "GET /", "a", "head-too-long"],
    ["header value", `${HEAD}X: `, "a", "head-too-long"],
    ["header fields", HEAD, "X: y\r\n".repeat(10), "too-many-fields"],
    ["long header fields", HEAD, `X: ${"y".repeat(90)}\r\n`, "head-too-long"],
  ])("%s, without configured limits", (_what, start, unit, expected) => {
    const wide = unit.length === 1 ? unit.repeat(1000) : unit;
    const { rule: refused, bytes } = feedEndlessly(start, wide, UNLIMITED);
    expect(refused).toBe(expected);
    expect(bytes).toBeLessThanOrEqual(1 << 20);
  });

  it("and an incomplete head of 1 MiB costs no more time than its size, byte by byte", () => {
    const parser = new HttpParser(UNLIMITED);
    const input = Buffer.from(`${HEAD}${"X: y\r\n".repeat(30_000)}`);
    for (let at = 0; at < input.length; at++) parser.execute(input, at, at + 1);
    expect(parser.execute(Buffer.from("\r\n"), 0, 2)).toHaveLength(4 + "Hosth".length + 30_000 * 2);
    expect(parserState[ParserField.FIELDS]).toBe(30_001);
  });
});

describe("limits are exact", () => {
  const limits = { requestLine: 20, fields: 2, fieldSize: 12 };
  it.each([
    ["GET /234567 HTTP/1.1\r\nHost: h\r\n\r\n", null],
    ["GET /2345678 HTTP/1.1\r\nHost: h\r\n\r\n", "request-line-too-long"],
    ["GET / HTTP/1.1\r\nHost: h\r\nX: 4567890\r\n\r\n", null],
    ["GET / HTTP/1.1\r\nHost: h\r\nX: 45678901\r\n\r\n", "field-too-long"],
    ["GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n", null],
    ["GET / HTTP/1.1\r\nHost: h\r\nX: y\r\nX: y\r\n\r\n", "too-many-fields"],
  ])("%j", (text, expected) => {
    expect(rule(text, limits)).toBe(expected);
    expect(
      parseAll(
        Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte)),
        limits,
      ).rule,
    ).toBe(expected);
  });
});

it("means the same however valid requests are cut", () => {
  const bytes = fc.constantFrom(...validCases().map((entry) => entry.bytes));
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  fc.assert(
    fc.property(bytes, cuts, (input, points) => {
      const at = [0, ...points.map((point) => point % (input.length + 1)).sort((a, b) => a - b), input.length];
      const pieces = at.slice(1).map((end, i) => input.subarray(at[i], end));
      expect(parseAll(pieces, DEFAULT_LIMITS)).toEqual(parseAll([input], DEFAULT_LIMITS));
    }),
    { numRuns: 1000 },
  );
});

describe("upgrades", () => {
  const upgrade = `${HEAD}Connection: upgrade\r\nUpgrade: x\r\n\r\n`;

  function flagsOf(text: string): number[] {
    const parser = new HttpParser(DEFAULT_LIMITS);
    const input = Buffer.from(text);
    const flags: number[] = [];
    for (let at = 0; at < input.length; at += parserState[ParserField.CONSUMED]!) {
      parser.execute(input, at, input.length);
      flags.push(parserState[ParserField.FLAGS]!);
      if (flags.at(-1)! & HeadFlag.ERROR) break;
    }
    return flags;
  }

  it("stop at the end of the head, and are declined by going on", () => {
    const { HEAD: head, COMPLETE, UPGRADE, KEEP_ALIVE } = HeadFlag;
    expect(flagsOf(`${upgrade}${HEAD}\r\n`)).toEqual([
      head | COMPLETE | UPGRADE | KEEP_ALIVE,
      head | COMPLETE | KEEP_ALIVE,
    ]);
  });

  it("stop after the body, where there is one", () => {
    const withBody = upgrade.replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nok");
    const flags = flagsOf(`${withBody}${HEAD}\r\n`);
    expect(flags).toHaveLength(2);
    expect(flags[0]! & (HeadFlag.COMPLETE | HeadFlag.UPGRADE)).toBe(HeadFlag.COMPLETE | HeadFlag.UPGRADE);
  });

  it("CONNECT is declined alike", () => {
    const connect = "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n";
    const flags = flagsOf(`${connect}${connect}${HEAD}\r\n`);
    expect(flags.map((each) => each & (HeadFlag.COMPLETE | HeadFlag.UPGRADE))).toEqual([6, 6, HeadFlag.COMPLETE]);
  });

  it("are nothing to HTTP/1.0", () => {
    expect(flagsOf(upgrade.replace("1.1", "1.0"))[0]! & HeadFlag.UPGRADE).toBe(0);
  });
});

it("hands on 128 body spans at a time", () => {
  const chunks = "1\r\nx\r\n".repeat(300);
  const input = Buffer.from(`POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`);
  const parser = new HttpParser(DEFAULT_LIMITS);
  const spans: number[] = [];
  for (let at = 0; at < input.length; at += parserState[ParserField.CONSUMED]!) {
    parser.execute(input, at, input.length);
    spans.push(parserState[ParserField.SPANS]!);
  }
  expect(spans).toEqual([128, 128, 44]);
  expect(parserState[ParserField.FLAGS]! & HeadFlag.COMPLETE).toBe(HeadFlag.COMPLETE);
});

it("knows when it is in a message", () => {
  const parser = new HttpParser(DEFAULT_LIMITS);
  const feed = (text: string): boolean => {
    parser.execute(Buffer.from(text), 0, text.length);
    return parser.inMessage();
  };
  expect(parser.inMessage()).toBe(false);
  expect(feed("\r\n")).toBe(false);
  expect(feed("G")).toBe(true);
  expect(feed("ET / HTTP/1.1\r\nHost: h\r\n\r\n")).toBe(false);
  expect(feed("GET")).toBe(true);
  parser.reset();
  expect(parser.inMessage()).toBe(false);
});

describe("misuse throws", () => {
  const parser = new HttpParser(DEFAULT_LIMITS);
  const chunk = Buffer.from("GET");
  const call =
    (...values: unknown[]) =>
    () =>
      (parser.execute as (...values: unknown[]) => unknown).apply(parser, values);

  it.each([
    ["no arguments", call(), TypeError],
    ["a string for the chunk", call("GET", 0, 3), TypeError],
    ["an Int32Array", call(new Int32Array(4), 0, 3), TypeError],
    ["an end beyond the chunk", call(chunk, 0, 4), RangeError],
    ["a start after the end", call(chunk, 2, 1), RangeError],
    ["a negative start", call(chunk, -1, 1), RangeError],
    ["a fraction", call(chunk, 0.5, 1), RangeError],
    ["a missing limit", () => new HttpParser({ requestLine: 1 } as ParserLimits), TypeError],
    ["too many fields", () => new HttpParser({ ...DEFAULT_LIMITS, fields: 32_769 }), RangeError],
    ["no new", () => (HttpParser as unknown as (limits: ParserLimits) => void)(DEFAULT_LIMITS), TypeError],
    ["somebody else's method", () => parser.execute.call({} as typeof parser, chunk, 0, 1), TypeError],
  ])("%s", (_what, action, type) => {
    expect(action).toThrow(type);
  });

  it("a detached chunk", () => {
    const detached = new Uint8Array(8);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    expect(() => parser.execute(detached, 0, 8)).toThrow(RangeError);
  });
});
