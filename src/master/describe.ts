/** What the master says about workers that died or hang, in words. */

import type { LogLevel } from "../base/errors.ts";
import type { RequestInFlight } from "../ipc/request-rows.ts";
import type { WorkerEnd } from "./worker-process.ts";

/** Who brought about a worker's end: the master's request, the master's force after a time-out, or neither. */
export type EndCause = "asked" | "forced" | "unasked";

/** How a worker's end is reported: Gunicorn's words, so that people and their alerts find them. */
export function describeEnd(pid: number, end: WorkerEnd, cause: EndCause): { level: LogLevel; text: string } {
  if (end.spawnError !== undefined) return { level: "error", text: `A worker could not be started: ${end.spawnError}` };
  if (cause === "forced")
    return { level: "warning", text: `Worker (pid:${pid}) is gone (${end.signal ?? `code ${end.code}`}).` };
  if (end.signal === "SIGKILL")
    return { level: "error", text: `Worker (pid:${pid}) was sent SIGKILL! Perhaps out of memory?` };
  if (end.signal !== null) {
    // One that is told to stop, or hears the terminal's Ctrl-C as the master does, before its handlers are there, ends by the signal itself.
    const expected = cause === "asked" && STOP_SIGNALS.has(end.signal);
    const level = expected ? "debug" : end.signal === "SIGTERM" ? "info" : "warning";
    return { level, text: `Worker (pid:${pid}) was sent ${end.signal}!` };
  }
  if (end.code !== 0) return { level: "error", text: `Worker (pid:${pid}) exited with code ${end.code}.` };
  if (cause === "asked") return { level: "debug", text: `Worker (pid:${pid}) exited with code 0.` };
  return { level: "warning", text: `Worker (pid:${pid}) exited with code 0 unasked.` };
}

/** Requests in flight, one line each; "" for none. The first few, so that a busy worker does not flood the log. */
export function describeRequests(requests: readonly RequestInFlight[], now: number): string {
  const lines = requests.slice(0, MOST_LISTED).map((request) => {
    const seconds = Math.max(0, (now - request.since) / 1000).toFixed(1);
    return `\n    ${request.method} ${request.target} from ${request.peer}, running for ${seconds} s`;
  });
  const rest = requests.length - lines.length;
  if (rest > 0) lines.push(`\n    and ${rest} more`);
  return lines.join("");
}

// --- internal ---

const MOST_LISTED = 20;

const STOP_SIGNALS: ReadonlySet<string> = new Set(["SIGINT", "SIGQUIT", "SIGTERM"]);
