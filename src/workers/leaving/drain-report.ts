/** What became of everything when a worker left, in words. */

import type { LogLevel } from "../../base/errors.ts";
import { escapeLogValue } from "../../http/access-log/escape.ts";
import type { Exchange } from "../../http/exchange.ts";
import { clientOf } from "../../http/failure.ts";

export interface DrainResult {
  readonly milliseconds: number;
  /** Requests answered meanwhile. */
  readonly served: number;
  /** What was cut: connections without a request, requests without an answer, answers under way, and connections that had been upgraded. */
  readonly idle: number;
  readonly requests: readonly Exchange[];
  readonly streams: readonly Exchange[];
  readonly webSockets: number;
}

/** One line, and one for each request or answer that was cut; a warning if anything was that somebody waited for. */
export function describeDrain(result: DrainResult): { level: LogLevel; text: string } {
  const { milliseconds, served, idle, requests, streams, webSockets } = result;
  const seconds = (milliseconds / 1000).toFixed(1);
  const cut = `cut ${idle} idle connection(s), ${requests.length} request(s), ${streams.length} stream(s), ${webSockets} WebSocket(s)`;
  const lines = [
    ...requests.map((exchange) => describe(exchange, "answered 503")),
    ...streams.map((exchange) => describe(exchange, `${exchange.bytesSent} bytes of its answer sent`)),
  ].slice(0, MOST_LISTED);
  const rest = requests.length + streams.length - lines.length;
  if (rest > 0) lines.push(`\n    and ${rest} more`);
  return {
    level: requests.length + streams.length + webSockets === 0 ? "info" : "warning",
    text: `after ${seconds} s, in which it answered ${served} request(s); ${cut}${lines.join("")}`,
  };
}

// --- internal ---

const MOST_LISTED = 20;

function describe(exchange: Exchange, outcome: string): string {
  const { method, target, startedAt } = exchange;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const request = `${escapeLogValue(method)} ${escapeLogValue(target)} from ${clientOf(exchange)}`;
  return `\n    ${request}, running for ${seconds} s, ${outcome}`;
}
