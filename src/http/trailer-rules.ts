/** The parser's rules for trailer fields that somebody else has parsed. A test holds the two in step. */

import type { ErrorCode } from "../base/errors.ts";
import type { HeaderList } from "./exchange.ts";
import { ruleOf, type RuleName } from "./rules.ts";

/** Which rule is broken by trailers with lower-case names, and as what the body fails for that; null if all is well. Limits of 0 are none. */
export function brokenTrailer(
  trailers: HeaderList,
  mostFields: number,
  mostBytes: number,
): { readonly rule: RuleName; readonly code: ErrorCode; readonly reason: string } | null {
  if (trailers.length === 0) return null;
  const rule = brokenRuleOf(trailers, mostFields, mostBytes);
  if (rule === null) return null;
  const { status, reason } = ruleOf(rule);
  return { rule, code: status === TOO_LARGE ? "ERR_REQUEST_TRAILERS" : "ERR_REQUEST_BODY", reason };
}

// --- internal ---

const TOO_LARGE = 431;

function brokenRuleOf(trailers: HeaderList, mostFields: number, mostBytes: number): RuleName | null {
  if (mostFields > 0 && trailers.length > 2 * mostFields) return "too-many-fields";
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i]!;
    if (FORBIDDEN.has(name)) return "forbidden-trailer";
    if (mostBytes > 0 && name.length + trailers[i + 1]!.length + 4 > mostBytes) return "field-too-long";
  }
  return null;
}

/** They would change how the request was to be read, after it was. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "trailer",
  "te",
  "connection",
  "keep-alive",
  "proxy-connection",
  "upgrade",
  "expect",
  "authorization",
  "proxy-authorization",
  "cookie",
  "content-type",
  "content-encoding",
  "content-range",
  "cache-control",
  "max-forwards",
  "pragma",
  "range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-range",
  "if-unmodified-since",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "forwarded",
]);
