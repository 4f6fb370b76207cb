/** The requests that have begun and are not over, for the rare case that somebody asks for them: kept at the cost of one store each. */

import type { Exchange } from "./exchange.ts";

export class InFlight {
  /** All of them, those that were upgraded included: their connections are still open. */
  count = 0;
  /** By their row in the scoreboard: a small number that nobody else has meanwhile. */
  readonly #byRow: (Exchange | null)[] = [];
  /** Those that found no free row. */
  readonly #rowless = new Set<Exchange>();
  readonly #upgraded = new Set<Exchange>();

  /** The row is decided by now. */
  add(exchange: Exchange): void {
    this.count++;
    if (exchange.row >= 0) this.#byRow[exchange.row] = exchange;
    else this.#rowless.add(exchange);
  }

  /** Call it before the row is given up. */
  upgraded(exchange: Exchange): void {
    if (exchange.row >= 0) this.#byRow[exchange.row] = null;
    else this.#rowless.delete(exchange);
    this.#upgraded.add(exchange);
  }

  delete(exchange: Exchange): void {
    this.count--;
    if (exchange.row >= 0) this.#byRow[exchange.row] = null;
    else if (!this.#rowless.delete(exchange)) this.#upgraded.delete(exchange);
  }

  /** Connections that have become something else. */
  get upgrades(): number {
    return this.#upgraded.size;
  }

  /** Requests, oldest first. */
  list(): Exchange[] {
    const found = this.#byRow.filter((exchange) => exchange !== null && exchange !== undefined);
    return [...found, ...this.#rowless].sort((a, b) => a.serial - b.serial);
  }
}
