/** The rules of http/trailer-rules.ts against the native parser's: over the same trailers, the same verdicts. */

import { expect, test } from "vitest";
import { brokenTrailer } from "../../../src/http/trailer-rules.ts";
import { HeadFlag, native, ParserField } from "../../../src/native.ts";

const LIMITS = { requestLine: 100, fields: 4, fieldSize: 60, body: 0 };

function parsed(trailers: readonly string[]): string | null {
  const addon = native();
  const parser = new addon.HttpParser(LIMITS);
  let text = "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\r\n";
  for (let i = 0; i < trailers.length; i += 2) text += `${trailers[i]}: ${trailers[i + 1]}\r\n`;
  const bytes = Buffer.from(`${text}\r\n`, "latin1");
  let at = 0;
  while (at < bytes.length) {
    parser.execute(bytes, at, bytes.length);
    const flags = addon.parserState[ParserField.FLAGS]!;
    if ((flags & HeadFlag.ERROR) !== 0) return addon.parserRules[addon.parserState[ParserField.RULE]!]!;
    at += addon.parserState[ParserField.CONSUMED]!;
  }
  return null;
}

const FORBIDDEN =
  `host content-length transfer-encoding trailer te connection keep-alive proxy-connection upgrade expect authorization
  proxy-authorization cookie content-type content-encoding content-range cache-control max-forwards pragma range if-match
  if-none-match if-modified-since if-range if-unmodified-since x-forwarded-for x-forwarded-proto x-forwarded-host forwarded`.split(
    /\s+/,
  );

test.each([
  [[]],
  [["x-sum", "1"]],
  [["grpc-status", "0", "etag", "x"]],
  [Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? `x-${i}` : "1"))],
  [["x-long", "y".repeat(60)]],
  ...FORBIDDEN.map((name) => [[name, "1"]]),
])("%j", (trailers) => {
  expect(brokenTrailer(trailers, LIMITS.fields, LIMITS.fieldSize)?.rule ?? null).toBe(parsed(trailers));
});
