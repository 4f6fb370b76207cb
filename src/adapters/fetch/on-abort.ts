/** An exchange has room for one listener to its abort; here several share it. */

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
