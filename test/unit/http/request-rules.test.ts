/** The rules of http/request-rules.ts against the native parser's: over the same requests, the same verdicts. */

import fc from "fast-check";
import { METHODS } from "node:http";
import { expect, test } from "vitest";
import { brokenRule, type Framing } from "../../../src/http/request-rules.ts";
import { HeadFlag, native, ParserField } from "../../../src/native.ts";

const LIMITS = { requestLine: 60, fields: 5, fieldSize: 50, body: 0 };

/** The rule the parser names, or null; and what it says of the body. */
function parse(method: string, target: string, headers: string[]): { rule: string | null; length: number } {
  const addon = native();
  const parser = new addon.HttpParser(LIMITS);
  let text = `${method} ${target} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  const bytes = Buffer.from(`${text}\r\n`, "latin1");
  parser.execute(bytes, 0, bytes.length);
  const flags = addon.parserState[ParserField.FLAGS]!;
  const failed = (flags & HeadFlag.ERROR) !== 0;
  const chunked = (flags & HeadFlag.CHUNKED) !== 0;
  const declared = headers[headers.indexOf("content-length") + 1];
  return {
    rule: failed ? addon.parserRules[addon.parserState[ParserField.RULE]!]! : null,
    length: chunked ? -1 : (flags & HeadFlag.CONTENT_LENGTH) === 0 ? 0 : Number(declared),
  };
}

const value = fc.oneof(
  fc.constantFrom(
    "h",
    "h:80",
    "[::1]:1",
    "[::1",
    "a b",
    "h:99999",
    "a%zz",
    "a%20b",
    "3",
    "+3",
    "3,3",
    "",
    "chunked",
    "gzip, chunked",
    "gzip",
  ),
  fc.constantFrom(
    "chunked, gzip",
    "chunked, chunked",
    "Chunked",
    "100-continue",
    "100-Continue",
    "other",
    "text/plain",
    "x".repeat(60),
  ),
  fc.string({ maxLength: 6 }).map((text) => text.trim()),
  fc.constantFrom("a\tb", "a\x01b", "é", "a\x7fb"),
);
const name = fc.constantFrom("host", "content-length", "transfer-encoding", "content-type", "expect", "x-a", "accept");
const target = fc.oneof(
  fc.string({ unit: "binary-ascii", maxLength: 10 }).map((text) => `/${text.replaceAll(/[ \r\n]/g, "")}`),
  fc.constantFrom("/", "/é", "/a?b=c#d", `/${"x".repeat(60)}`),
);
const method = fc.constantFrom("GET", "POST", "FOO", "get", "M-SEARCH", "A", "QUERY");

test("a request is refused by both or by neither, and its body is framed alike", () => {
  const framing: Framing = { contentLength: 0, expectsContinue: false, close: false, ascii: true, goodHost: "" };
  const fields = fc.array(fc.tuple(name, value), { maxLength: 7 });
  fc.assert(
    fc.property(method, target, fields, fc.boolean(), (verb, path, pairs, withHost) => {
      const headers = [...(withHost ? ["host", "h"] : []), ...pairs.flat()];
      const mine = brokenRule(verb, path, headers, LIMITS, framing);
      const theirs = parse(verb, path, headers);
      expect({ refused: mine !== null, headers }).toEqual({ refused: theirs.rule !== null, headers });
      if (mine === null) expect(framing.contentLength).toBe(theirs.length);
    }),
    { numRuns: 5000 },
  );
});

test("with one thing wrong, both name the same rule", () => {
  const framing: Framing = { contentLength: 0, expectsContinue: false, close: false, ascii: true, goodHost: "" };
  const cases: [string, string, string[]][] = [
    ["FOO", "/", ["host", "h"]],
    ["GET", "/é", ["host", "h"]],
    ["GET", `/${"x".repeat(60)}`, ["host", "h"]],
    ["GET", "/", []],
    ["GET", "/", ["host", "h", "host", "h"]],
    ["GET", "/", ["host", "a b"]],
    ["GET", "/", ["host", "h", "x-a", "a\x01"]],
    ["GET", "/", ["host", "h", "x-a", "x".repeat(60)]],
    ["GET", "/", ["host", "h", ...Array.from({ length: 5 }, () => ["x-a", "b"]).flat()]],
    ["POST", "/", ["host", "h", "content-length", "+3"]],
    ["POST", "/", ["host", "h", "content-length", "3", "content-length", "3"]],
    ["POST", "/", ["host", "h", "content-length", "3", "transfer-encoding", "chunked"]],
    ["POST", "/", ["host", "h", "transfer-encoding", "gzip"]],
    ["POST", "/", ["host", "h", "transfer-encoding", "gzip, chunked"]],
    ["POST", "/", ["host", "h", "content-type", "a", "content-type", "a"]],
    ["POST", "/", ["host", "h", "expect", "more"]],
  ];
  for (const [verb, path, headers] of cases) {
    const rule = brokenRule(verb, path, headers, LIMITS, framing);
    expect(rule).not.toBeNull();
    expect({ verb, path, headers, rule }).toEqual({ verb, path, headers, rule: parse(verb, path, headers).rule });
  }
});

test("every method of the host's parser is known", () => {
  expect(METHODS).toContain("GET");
  const framing: Framing = { contentLength: 0, expectsContinue: false, close: false, ascii: true, goodHost: "" };
  expect(brokenRule("M-SEARCH", "/", ["host", "h"], LIMITS, framing)).toBeNull();
});
