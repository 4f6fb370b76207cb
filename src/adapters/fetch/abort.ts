/** The client going away: one callback of the exchange, shared by all who want to know. */

import { ERRORS, rowOf } from "../../base/errors.ts";
import type { Exchange } from "../../http/exchange.ts";

/** Calls `listener` when the client goes away before the answer is complete. Not called if that has happened already. */
export function onExchangeAbort(exchange: Exchange, listener: (reason: Error) => void): void {
  const before = exchange.onAbort;
  if (before === null) {
    exchange.onAbort = listener;
    return;
  }
  exchange.onAbort = (reason) => {
    before(reason);
    listener(reason);
  };
}

/**
 * A signal that is aborted with an AbortError when the client goes away, or has gone, or somebody else ends the request; with a TimeoutError
 * when the request's time is up.
 */
export function abortSignalOf(exchange: Exchange): AbortSignal {
  const controller = new AbortController();
  const abort = (reason?: Error) => controller.abort(exceptionFor(reason));
  if (exchange.aborted) abort();
  else onExchangeAbort(exchange, abort);
  return controller.signal;
}

// --- internal ---

function exceptionFor(reason: Error | undefined): DOMException {
  const row = rowOf(reason);
  if (row === ERRORS.ERR_REQUEST_DEADLINE) return new DOMException(reason!.message, "TimeoutError");
  if (row === ERRORS.ERR_REQUEST_CANCELLED || row === ERRORS.ERR_WORKER_STOPPING)
    return new DOMException(reason!.message, "AbortError");
  return new DOMException("The client closed the connection", "AbortError");
}
