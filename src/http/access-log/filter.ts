/** Keeps lines out of the access log that nobody wants to read. Where there is no filter, none of this runs. */

import { type FilterRule, parseFilterRule } from "../../base/log-filter.ts";
import type { AccessLog } from "../access-log.ts";
import type { Exchange } from "../exchange.ts";
import { targetPath } from "../target.ts";

/** Compiles the rules. An exchange that fits any of them is left out, but for the share that its rule keeps. */
export function filterAccessLog(log: AccessLog, rules: readonly string[]): AccessLog {
  if (rules.length === 0) return log;
  const leftOut = rules.map((rule) => compile(parseFilterRule(rule)));
  return {
    log(exchange, milliseconds) {
      for (const isLeftOut of leftOut) if (isLeftOut(exchange, milliseconds)) return;
      log.log(exchange, milliseconds);
    },
  };
}

// --- internal ---

type Test = (exchange: Exchange, milliseconds: number) => boolean;

function compile({ path, status, under, keep }: FilterRule): Test {
  const tests: Test[] = [];
  if (status !== null) tests.push((exchange) => exchange.status >= status[0] && exchange.status <= status[1]);
  if (under !== null) tests.push((_, milliseconds) => milliseconds < under);
  if (path !== null) {
    const pattern = pathPattern(path);
    tests.push((exchange) => pattern.test(targetPath(exchange.target)));
  }
  const fits: Test = (exchange, milliseconds) => tests.every((test) => test(exchange, milliseconds));
  if (keep === 0) return fits;
  // Every so many rather than by chance, so that a share of few is a share as well.
  let due = 0;
  return (exchange, milliseconds) => {
    if (!fits(exchange, milliseconds)) return false;
    due += keep;
    // Sums of 0.1 stay a little below 1.
    if (due < 1 - 1e-9) return true;
    due -= 1;
    return false;
  };
}

/** `*` is any text, slashes too; `{a,b}` one of several. */
function pathPattern(glob: string): RegExp {
  const text = glob.replaceAll(/\{([^{}]*)\}|\*|[.+?^$(){}|[\]\\]/g, (token, ways: string | undefined) => {
    if (token === "*") return ".*";
    if (ways === undefined) return `\\${token}`;
    return `(?:${ways
      .split(",")
      .map((way) => pathPattern(way).source.slice(1, -1))
      .join("|")})`;
  });
  return new RegExp(`^${text}$`, "s");
}
