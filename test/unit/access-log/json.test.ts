/** The access log in JSON. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Exchange, HeaderList } from "../../../src/http/exchange.ts";
import { jsonAccessLog } from "../../../src/http/access-log/json.ts";
import { RecordingExchange, type RecordingOptions } from "../../support/recording-exchange.ts";

function exchangeOf(status: number, request: RecordingOptions = {}): Exchange {
  const exchange = new RecordingExchange(request);
  if (status !== 0) exchange.respond(status, "", [], "body");
  return exchange;
}

describe("in JSON", () => {
  const lineOf = (status: number, request: RecordingOptions): Record<string, unknown> => {
    const lines: string[] = [];
    jsonAccessLog((line) => lines.push(line)).log(exchangeOf(status, request), 12.3456);
    expect(lines[0]).not.toContain("\n");
    return JSON.parse(lines[0]!) as Record<string, unknown>;
  };

  test("has pino-http's fields, and no credentials", () => {
    const headers = ["Host", "h", "User-Agent", 'x"y\x01', "Cookie", "secret", "Authorization", "secret"];
    const line = lineOf(201, { method: "POST", target: "/a?b=\n", headers });
    expect(line).toMatchObject({
      level: 30,
      pid: process.pid,
      req: { method: "POST", url: "/a?b=\n", headers: { host: "h", "user-agent": 'x"y\x01' } },
      res: { statusCode: 201, bodyBytes: 4 },
      responseTime: 12.346,
      msg: "request completed",
    });
    expect(Math.abs(Date.now() - (line["time"] as number))).toBeLessThan(60_000);
    expect(JSON.stringify(line)).not.toContain("secret");
  });

  test("tells of a request that was never answered", () => {
    expect(lineOf(0, {})).toMatchObject({ res: { statusCode: null }, msg: "request aborted" });
  });

  test("a line says what its own request was, whatever the ones before it were", () => {
    const exchanges = fc.record({
      method: fc.constantFrom("GET", "PUT"),
      target: fc.constantFrom("/", '/"a'),
      httpMinor: fc.constantFrom(0, 1),
      headers: fc.constantFrom<HeaderList[]>(
        [],
        ["User-Agent", "a"],
        ["user-AGENT", "b", "User-Agent", "a"],
        ["Host", "\xe9", "Referer", "a"],
      ),
      peer: fc.constantFrom({ remoteAddress: "192.0.2.1" }, { remoteAddress: "", remotePort: 0 }),
      status: fc.constantFrom(0, 200, 404),
    });
    fc.assert(
      fc.property(fc.array(exchanges, { maxLength: 12 }), (cases) => {
        const lines: string[] = [];
        const log = jsonAccessLog((line) => lines.push(line));
        for (const { status, ...request } of cases) log.log(exchangeOf(status, request), 1);
        const about = (line: string): unknown => {
          const { req, res, msg } = JSON.parse(line) as Record<string, unknown>;
          return { req, res, msg };
        };
        const alone = cases.map(({ status, ...request }) => {
          const line: string[] = [];
          jsonAccessLog((text) => line.push(text)).log(exchangeOf(status, request), 1);
          return about(line[0]!);
        });
        expect(lines.map(about)).toEqual(alone);
      }),
    );
  });

  test("has a response time of three digits after the point", () => {
    const time = fc.double({ min: 0, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(time, (milliseconds) => {
        const lines: string[] = [];
        jsonAccessLog((line) => lines.push(line)).log(exchangeOf(200), milliseconds);
        const text = /"responseTime":(\d+\.\d{3}),/.exec(lines[0]!)![1]!;
        expect(Math.abs(Number(text) - milliseconds)).toBeLessThanOrEqual(0.000_501);
      }),
    );
  });
});
