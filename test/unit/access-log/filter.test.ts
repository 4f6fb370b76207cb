/** What the access log leaves out. */

import { expect, test } from "vitest";
import { parseFilterRule } from "../../../src/base/log-filter.ts";
import { filterAccessLog } from "../../../src/http/access-log/filter.ts";
import { RecordingExchange, type RecordingOptions } from "../../support/recording-exchange.ts";

function exchangeOf(status: number, request: RecordingOptions = {}) {
  const exchange = new RecordingExchange(request);
  if (status !== 0) exchange.respond(status, "", [], "body");
  return exchange;
}

function isLogged(rules: string[], target: string, status: number, milliseconds: number): boolean {
  let logged = false;
  const log = filterAccessLog({ log: () => (logged = true) }, rules);
  log.log(exchangeOf(status, { target }), milliseconds);
  return logged;
}

test.each([
  ["path=/health*", "/healthz?x", 200, 1, false],
  ["path=/health*", "/a/health", 200, 1, true],
  ["path=*.{css,js}", "/static/deep/a.css", 200, 1, false],
  ["path=*.{css,js}", "/a.cssx", 200, 1, true],
  ["path=/a.b+(c)", "/a.b+(c)", 200, 1, false],
  ["path=/a.b", "/axb", 200, 1, true],
  ["status=2xx", "/", 204, 1, false],
  ["status=2xx", "/", 304, 1, true],
  ["status=40x", "/", 409, 1, false],
  ["status=404", "/", 403, 1, true],
  ["status=2xx", "/", 0, 1, true],
  ["under=100", "/", 200, 99, false],
  ["under=100ms", "/", 200, 100, true],
  ["path=/a* status=2xx under=10", "/a", 200, 5, false],
  ["path=/a* status=2xx under=10", "/a", 500, 5, true],
  ["path=/a* status=2xx under=10", "/b", 200, 5, true],
])("%s: %s %i after %i ms is logged: %s", (rule, target, status, milliseconds, logged) => {
  expect(isLogged([rule], target, status, milliseconds)).toBe(logged);
  expect(isLogged(["status=599", rule], target, status, milliseconds)).toBe(logged);
});

test("a sample of what is left out is logged, evenly", () => {
  let lines = 0;
  const log = filterAccessLog({ log: () => lines++ }, ["status=2xx sample=10%"]);
  const fine = exchangeOf(200);
  for (let i = 0; i < 1000; i++) log.log(fine, 1);
  expect(lines).toBe(100);
  log.log(exchangeOf(500), 1);
  expect(lines).toBe(101);
});

test("without rules nothing stands between", () => {
  const log = { log: () => {} };
  expect(filterAccessLog(log, [])).toBe(log);
});

test.each([
  ["", "is not understood"],
  ["path", "is not understood"],
  ["method=GET", '"method=GET" is not understood: expected words of path=GLOB'],
  ["path=health", "begins with / or *"],
  ["status=2x", "status="],
  ["status=999", "status="],
  ["under=fast", "under= takes milliseconds"],
  ["sample=200%", "sample="],
  ["status=2xx status=3xx", "stands twice"],
])("%j is refused: %s", (rule, problem) => expect(() => parseFilterRule(rule)).toThrow(problem));
