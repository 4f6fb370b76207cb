/** The server keeps PEP 3333's rules for every kind of request and every end of an answer. */

import { describe, expect, test } from "vitest";
import type { WsgiEnviron } from "../../../src/adapters/wsgi/types.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";
import { begin, bytes, until, type ServeOptions } from "./support.ts";
import { ENVIRON_RULES, validated, type Report } from "./validate.ts";

const requests: [string, ServeOptions][] = [
  ["a plain GET", {}],
  ["a query and escapes", { target: "/%E2%82%AC/%2e?x=%20" }],
  [
    "a POST",
    { method: "POST", body: [bytes("ab")], headers: ["Host", "h", "Content-Length", "2", "Content-Type", "a/b"] },
  ],
  [
    "a chunked POST",
    { method: "POST", openBody: false, body: [bytes("ab")], headers: ["Host", "h", "Transfer-Encoding", "chunked"] },
  ],
  ["HTTP/1.0", { httpMinor: 0, headers: [] }],
  ["OPTIONS *", { method: "OPTIONS", target: "*" }],
  ["CONNECT", { method: "CONNECT", target: "h:443" }],
  ["the absolute form", { target: "http://h/p" }],
  ["HEAD", { method: "HEAD" }],
  ["a method of its own", { method: "X-DO" }],
  ["latin-1 in a header", { headers: ["Host", "h", "X-A", "caf\u00e9"] }],
  ["TLS", { peer: { encrypted: true } }],
  [
    "a unix socket",
    {
      headers: ["Host", "h"],
      peer: { remoteAddress: "", remotePort: 0, localAddress: "", localPort: 0, unixPath: "/s" },
    },
  ],
  ["a mount point", { target: "/m/p", headers: ["SCRIPT_NAME", "/m"], headerMap: "dangerous" }],
];

const ends: [string, (environ: WsgiEnviron, start: (status: string, headers?: []) => unknown) => Iterable<string>][] = [
  [
    "some pieces",
    function* (_, start) {
      start("200 OK", []);
      yield "a";
      yield "";
      yield "b";
    },
  ],
  ["no piece", (_, start) => (start("204 No Content", []), [])],
  [
    "an error before the first piece",
    () => ({
      [Symbol.iterator]: () => ({
        next: () => {
          throw new Error("x");
        },
      }),
    }),
  ],
  [
    "an error after the first piece",
    function* (_, start) {
      start("200 OK", []);
      yield "a";
      throw new Error("x");
    },
  ],
  [
    "no startResponse",
    function* () {
      yield "a";
    },
  ],
  [
    "a piece that is a number",
    function* (_, start) {
      start("200 OK", []);
      yield 5 as unknown as string;
    },
  ],
  [
    "a client that goes away",
    function* (environ, start) {
      start("200 OK", []);
      yield "a";
      (environ["test.exchange"] as RecordingExchange).clientGone();
      yield "b";
      yield "c";
    },
  ],
];

describe.each(requests)("%s", (_, options) => {
  test.each(ends)("with %s", async (__, app) => {
    const report: Report = { breaches: [], events: [] };
    const exchange = new RecordingExchange(options);
    begin(
      validated((environ, start) => app(Object.assign(environ, { "test.exchange": exchange }), start as never), report),
      { ...options, exchange },
    );
    await until(() => report.events.includes("close"), "close()");
    await exchange.finished();
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(report.breaches).toEqual([]);
    expect(report.events.filter((event) => event === "close")).toHaveLength(1);
    expect(exchange.over).toBe(true);
  });
});

test("the rules find what they are for", () => {
  const empty = {} as WsgiEnviron;
  const broken = ENVIRON_RULES.filter(({ broken: isBroken }) => {
    try {
      return isBroken(empty);
    } catch {
      return true;
    }
  });
  expect(broken.length).toBeGreaterThan(20);
});
