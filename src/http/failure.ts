/** What the log says about a request that failed, and how loudly. */

import { inspect } from "node:util";
import { peerName } from "../base/peer-name.ts";
import { ERRORS, rowOf, type LogLevel } from "../base/errors.ts";
import { escapeLogValue } from "./access-log/escape.ts";
import { errorAnswer } from "./error-page.ts";
import type { Exchange } from "./exchange.ts";
import { statusPhrase } from "./status.ts";

export interface Failure {
  readonly level: LogLevel;
  readonly message: string;
}

/** Request line and peer first, then the stack: of the errors that are nobody's fault in the application, the message only. */
export function describeFailure(exchange: Exchange, error: unknown): Failure {
  const level = levelOf(exchange, error);
  const { method, target, httpVersion } = exchange;
  const subject = `${escapeLogValue(method)} ${escapeLogValue(target)} HTTP/${httpVersion} from ${clientOf(exchange)}`;
  if (level === "error" || level === "critical")
    return { level, message: `Error handling ${subject}\n${stackOf(error)}` };
  return { level, message: `${subject}: ${messageOf(error)}` };
}

/** Its client, for people. */
export function clientOf(exchange: Exchange): string {
  return peerName(exchange.peer.remoteAddress, exchange.remotePort, exchange.peer.unixPath);
}

/** The stack with its causes, or what there is of a value that is no Error. Never throws, whatever was thrown. */
export function stackOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return `Thrown value: ${inspect(error, SHOWN)}`;
    // Code and details of an error of ours are in its message already.
    if (rowOf(error) === undefined) return inspect(error, SHOWN);
    return error.cause === undefined ? error.stack! : `${error.stack}\n[cause]: ${inspect(error.cause, SHOWN)}`;
  } catch {
    return "an error that cannot be shown";
  }
}

/** Answers a request that failed, with the error's status if nothing was sent; else cuts, so that the client cannot take the answer for complete. */
export function answerFailure(exchange: Exchange, error: unknown): void {
  if (exchange.over || exchange.ended) return;
  if (exchange.started)
    return exchange.abort(error instanceof Error ? error : new Error("the application failed", { cause: error }));
  const status = rowOf(error)?.status ?? 500;
  const reason = statusPhrase(status);
  const { headers, body } = errorAnswer(status, reason);
  exchange.respond(status, reason, headers, body);
}

// --- internal ---

/** What streams and sockets say to an application whose client has gone. */
const GONE_CODES: ReadonlySet<unknown> = new Set([
  "ABORT_ERR",
  "ECONNRESET",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
]);

function levelOf(exchange: Exchange, error: unknown): LogLevel {
  if (saysClientGone(error) || (exchange.aborted && saysAborted(error))) return "debug";
  if (exchange.expired && (saysExpired(error) || saysAborted(error))) return "debug"; // it has been logged
  return rowOf(error)?.level ?? "error";
}

/** The abort signal's reason, or an AbortError with that reason for its cause. */
function saysClientGone(error: unknown): boolean {
  if (rowOf(error) === ERRORS.ERR_CLIENT_GONE) return true;
  return error instanceof Error && rowOf(error.cause) === ERRORS.ERR_CLIENT_GONE;
}

/** Reasons of ours for which an application is told to stop. */
const TOLD: ReadonlySet<unknown> = new Set([
  ERRORS.ERR_REQUEST_DEADLINE,
  ERRORS.ERR_REQUEST_CANCELLED,
  ERRORS.ERR_WORKER_STOPPING,
]);

function saysExpired(error: unknown): boolean {
  return TOLD.has(rowOf(error)) || (error instanceof Error && TOLD.has(rowOf(error.cause)));
}

function saysAborted(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.name === "AbortError" ||
    error.name === "TimeoutError" ||
    GONE_CODES.has((error as NodeJS.ErrnoException).code)
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Errors of HTTP clients and database drivers carry half of the program along. */
const SHOWN = { depth: 1, maxArrayLength: 20, maxStringLength: 10_000 };
