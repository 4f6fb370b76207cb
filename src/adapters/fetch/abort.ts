/** The client going away: one callback of the exchange, shared by all who want to know. */

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

/** A signal that is aborted with an AbortError when the client goes away, or has gone. */
export function abortSignalOf(exchange: Exchange): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException("The client closed the connection", "AbortError"));
  if (exchange.aborted) abort();
  else onExchangeAbort(exchange, abort);
  return controller.signal;
}
