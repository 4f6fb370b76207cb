/** The access log: every atom, the format language, and lines that nobody can break. */

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { checkAccessLogFormat, compileAccessLog, DEFAULT_ACCESS_LOG_FORMAT } from "../../../src/http/access-log.ts";
import type { HeaderList } from "../../../src/http/exchange.ts";
import { RecordingExchange, type RecordingOptions } from "../../support/recording-exchange.ts";

interface Case extends RecordingOptions {
  status?: number;
  responseHeaders?: HeaderList;
  body?: never;
  sent?: string;
  milliseconds?: number;
}

/** A time of the steady clock that has not come: what is logged is of now. */
const AHEAD = 1e9;

function lineOf(
  format: string,
  { status = 200, responseHeaders = [], sent = "", milliseconds = 0, ...request }: Case = {},
): string {
  const exchange = new RecordingExchange(request);
  exchange.startedAt = AHEAD;
  if (status !== 0) exchange.respond(status, "", responseHeaders, sent);
  const lines: string[] = [];
  compileAccessLog(format, (line) => lines.push(line)).log(exchange, milliseconds);
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

beforeEach(() => vi.useFakeTimers({ now: Date.UTC(2026, 10, 20, 10, 42, 0), toFake: ["Date"] }));
afterEach(() => vi.useRealTimers());

/** The tests run in whatever zone the machine has. */
const TIME = /^\[\d\d\/(?:Nov)\/2026:\d\d:\d\d:00 [+-]\d{4}\]$/;
const basic = (credentials: string): HeaderList => [
  "Authorization",
  `Basic ${Buffer.from(credentials).toString("base64")}`,
];

describe("atoms", () => {
  const request: Case = {
    method: "POST",
    target: "/p%20q?x=1&y",
    headers: ["Host", "h", "User-Agent", "curl/8", "Referer", "http://r/", "X-Many", "1", "x-many", "2"],
    status: 201,
    sent: "hello",
    responseHeaders: ["Content-Type", "text/x"],
    milliseconds: 1234.5678,
  };
  const cases: [string, string, Case?][] = [
    ["%(h)s", "192.0.2.1"],
    ["%(h)s", "-", { peer: { remoteAddress: "" } }],
    ["%(l)s", "-"],
    ["%(u)s", "-"],
    ["%(u)s", "alice", { headers: basic("alice:secret:x") }],
    ["%(u)s", "a\\x0ab", { headers: basic("a\nb:secret") }],
    ["%(u)s", "-", { headers: basic("nocolon") }],
    ["%(u)s", "-", { headers: basic(":anonymous") }],
    ["%(u)s", "-", { headers: ["Authorization", "Bearer abc"] }],
    ["%(r)s", "POST /p%20q?x=1&y HTTP/1.1"],
    ["%(r)s", "GET / HTTP/1.0", { httpMinor: 0 }],
    ["%(m)s", "POST"],
    ["%(U)s", "/p%20q"],
    ["%(U)s", "/p", { target: "http://h/p?q" }],
    ["%(q)s", "x=1&y"],
    ["[%(q)s]", "[]", { target: "/" }],
    ["%(H)s", "HTTP/1.1"],
    ["%(s)s", "201"],
    ["%(s)s", "-", { status: 0 }],
    ["%(B)s", "5"],
    ["%(B)s", "0", {}],
    ["%(b)s", "5"],
    ["%(b)s", "-", {}],
    ["%(f)s", "http://r/"],
    ["%(f)s", "-", {}],
    ["%(a)s", "curl/8"],
    ["%(T)s", "1"],
    ["%(M)s", "1234"],
    ["%(D)s", "1234567"],
    ["%(L)s", "1.234568"],
    ["%(T)s %(M)s %(D)s", "90000 90000000 90000000000", { milliseconds: 90_000_000 }],
    ["%(p)s", `<${process.pid}>`],
    ["%({user-agent}i)s", "curl/8"],
    ["%({User-Agent}I)s", "curl/8"],
    ["%({X-Many}i)s", "1, 2"],
    ["%({missing}i)s", "-"],
    ["%({content-type}o)s", "text/x"],
    ["%({x}o)s", "-"],
    ["%({REQUEST_METHOD}e)s", "POST"],
    ["%({remote_addr}e)s %({REMOTE_PORT}e)s", "192.0.2.1 50000"],
    ["%({PATH_INFO}e)s", "/p q"],
    ["%({HTTP_X_MANY}e)s", "1,2"],
    ["%({HOME}e)s", "-"],
    ["%({wsgi.url_scheme}e)s", "http"],
    ["%(unknown)s %(constructor)s %({x}z)s %()s", "- - - -"],
    ["100%% %(m)s%%%(s)s%%", "100% POST%201%"],
    ["no atom", "no atom"],
    ["", ""],
  ];
  test.each(cases)("%s → %s", (format, expected, given) => {
    expect(lineOf(format, given ?? request)).toBe(expected);
  });

  test("%(t)s is Apache's time, and follows the clock", () => {
    const lines: string[] = [];
    const log = compileAccessLog("%(t)s", (line) => lines.push(line));
    const exchange = new RecordingExchange();
    exchange.startedAt = AHEAD;
    const begun = Date.now();
    for (const milliseconds of [0, 999, 1000]) {
      vi.setSystemTime(begun + milliseconds);
      log.log(exchange, milliseconds);
    }
    expect(lines[0]).toMatch(TIME);
    expect(lines[1]).toBe(lines[0]);
    expect(lines[2]).toBe(lines[0]!.replace(":00 ", ":01 "));
  });

  test("%(t)s is the time of the request's end, though the line is made later", () => {
    const exchange = new RecordingExchange();
    exchange.startedAt = performance.now() - 6000;
    const lines: string[] = [];
    vi.setSystemTime(Date.now() + 500);
    compileAccessLog("%(t)s", (line) => lines.push(line)).log(exchange, 1000);
    expect(lines[0]).toMatch(/:41:55 /);
  });

  test("the default format is Gunicorn's", () => {
    const line = lineOf(DEFAULT_ACCESS_LOG_FORMAT, request);
    expect(line.replace(/\[.*?\]/, "TIME")).toBe(
      '192.0.2.1 - - TIME "POST /p%20q?x=1&y HTTP/1.1" 201 5 "http://r/" "curl/8"',
    );
  });
});

describe("the format", () => {
  test.each([
    ["%(h", /"%\(h" at position 1 has no closing parenthesis/],
    ["x %h", /"%h" at position 3 is neither/],
    ["%(h)d", /"%\(h\)d" at position 1 is neither/],
    ["%", /position 1/],
    ["%%%", /"%" at position 3/],
    ["a\nb", /control character at position 2/],
  ])("%j is refused", (format, problem) => {
    expect(checkAccessLogFormat(format)).toMatch(problem);
    expect(() => compileAccessLog(format, () => {})).toThrow(problem);
  });

  test.each([DEFAULT_ACCESS_LOG_FORMAT, "", "100%%", "%({a-b}i)s", '{"é": "%(r)s"}'])("%j is accepted", (format) => {
    expect(checkAccessLogFormat(format)).toBeNull();
  });
});

describe("values that clients and applications choose", () => {
  test.each([
    ['a"b', 'a\\"b'],
    ["a\\b", "a\\\\b"],
    ['\\"', '\\\\\\"'],
    ["a\r\nb\tc\0", "a\\x0d\\x0ab\\x09c\\x00"],
    ["caf\u00e9\x7f\x9b", "caf\\xe9\\x7f\\x9b"],
    ["\u20ac\u{1f600}\u2028", "\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80\\xe2\\x80\\xa8"],
  ])("%j is escaped", (value, expected) => {
    expect(lineOf("%({x}o)s", { responseHeaders: ["X", value] })).toBe(expected);
  });

  test("never break or forge a line", () => {
    const any = fc.string({ unit: "binary" });
    const format =
      '%(h)s %(u)s "%(r)s" "%(m)s" "%(U)s" "%(q)s" "%(f)s" "%(a)s" "%({x}i)s" "%({y}o)s" "%({HTTP_X}e)s" "%({PATH_INFO}e)s"';
    fc.assert(
      fc.property(any, any, any, any, any, (method, target, value, response, credentials) => {
        const headers = ["Referer", value, "User-Agent", value, "X", value, ...basic(credentials)];
        const line = lineOf(format, { method, target, headers, responseHeaders: ["Y", response] });
        expect(line).toMatch(/^[\x20-\x7e]*$/);
        // Every quoted value can be told from its neighbours: a quote inside has an odd number of backslashes before it.
        expect(line.match(/"(?:[^"\\]|\\.)*"/g)).toHaveLength(10);
      }),
    );
  });

  test("can be told exactly: what is escaped comes back", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) }),
        (value) => {
          const line = lineOf("%({x}o)s", { responseHeaders: ["X", value] });
          const back = line.replaceAll(/\\(x([0-9a-f]{2})|.)/g, (_, all: string, hex?: string) =>
            hex === undefined ? all : String.fromCharCode(Number.parseInt(hex, 16)),
          );
          expect(back).toBe(value);
        },
      ),
    );
  });
});

test("a line says what its own request was, whatever the ones before it were", () => {
  const exchanges = fc.record({
    method: fc.constantFrom("GET", "PUT"),
    target: fc.constantFrom("/", "/a"),
    headers: fc.constantFrom([], ["User-Agent", "a"], ["User-Agent", "b"], ["Referer", "a"], basic("a:b")),
    peer: fc.constantFrom({ remoteAddress: "192.0.2.1" }, { remoteAddress: "192.0.2.2" }),
    status: fc.constantFrom(200, 404),
    sent: fc.constantFrom("", "a"),
  });
  const formats = fc.constantFrom(DEFAULT_ACCESS_LOG_FORMAT, "%(l)s%(r)s %(l)s", "%(l)s", "x", "%(s)s %(D)s");
  fc.assert(
    fc.property(formats, fc.array(exchanges, { maxLength: 12 }), (format, cases) => {
      const lines: string[] = [];
      const log = compileAccessLog(format, (line) => lines.push(line));
      for (const { status, sent, ...request } of cases) {
        const exchange = new RecordingExchange(request);
        exchange.startedAt = AHEAD;
        exchange.respond(status, "", [], sent);
        log.log(exchange, 0);
      }
      expect(lines).toEqual(cases.map((one) => lineOf(format, one)));
    }),
  );
});
