/** Bodies of requests that are answered, and still being read: of a connection on which no answer is pending, uWebSockets tells nobody that it has closed. */

import { JunicornError } from "../../base/errors.ts";
import { native } from "../../native.ts";
import type { EngineExchange } from "../engine-exchange.ts";
import type { UwsResponse } from "./binding.ts";

export class LateReaders {
  /** And the descriptors of their sockets. Few at any time. */
  readonly #sockets = new Map<EngineExchange, number>();

  /** The answer is about to be complete, and what is read of its request not all here. */
  add(res: UwsResponse, exchange: EngineExchange): void {
    this.#sockets.set(exchange, native().uwsSocket(res));
  }

  /** All of it has come. */
  delete(exchange: EngineExchange): void {
    this.#sockets.delete(exchange);
  }

  /** While uWebSockets closes a connection. */
  closed(res: UwsResponse): void {
    if (this.#sockets.size === 0) return;
    const closed = native().uwsSocket(res);
    for (const [exchange, socket] of this.#sockets) {
      if (socket !== closed) continue;
      this.#sockets.delete(exchange);
      exchange.body!.fail(new JunicornError("ERR_CLIENT_GONE"));
    }
  }
}
