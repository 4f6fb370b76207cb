/** What the service tells the scoreboard; `ipc/` implements it, so that http/ need not know of shared memory. */

import type { Exchange } from "./exchange.ts";

/** No method may throw: they run between the engine and the application. */
export interface Telemetry {
  /** A request is about to reach the application. Returns its row in the table of requests in flight, or -1 if the table is full. */
  begin(exchange: Exchange): number;
  /** It is over: `row` is what `begin` returned, `exchange` has the answer's status and size. */
  end(row: number, exchange: Exchange, milliseconds: number): void;
  /** It has been answered by an upgrade: its row can be used again. `end`, with what this returns for a row, is called when the connection closes. */
  upgraded?(row: number): number;
}

/** Keeps no count: for tests and for servers without a scoreboard. */
export const NO_TELEMETRY: Telemetry = {
  begin: () => -1,
  end: () => {},
};
