/** How long requests may take: in order of their arrival, which is that of their deadlines, so one timer will do. */

import type { Exchange } from "./exchange.ts";

export class RequestDeadlines {
  readonly #seconds: number;
  readonly #expired: (exchange: Exchange, seconds: number) => void;
  readonly #waiting = new Set<Exchange>();
  #timer: NodeJS.Timeout | null = null;

  /** `expired` is told of each request that has no complete answer after `seconds`. */
  constructor(seconds: number, expired: (exchange: Exchange, seconds: number) => void) {
    this.#seconds = seconds;
    this.#expired = expired;
  }

  /** The time counts from `startedAt`. */
  add(exchange: Exchange): void {
    this.#waiting.add(exchange);
    if (this.#timer === null) this.#timer = setTimeout(this.#look, this.#seconds * 1000).unref();
  }

  delete(exchange: Exchange): void {
    this.#waiting.delete(exchange);
  }

  /** The timer is not touched while requests come and go: it finds out which is the oldest when it fires. */
  readonly #look = (): void => {
    const now = performance.now();
    this.#timer = null;
    for (const exchange of this.#waiting) {
      const left = exchange.startedAt + this.#seconds * 1000 - now;
      if (left > 0) {
        this.#timer = setTimeout(this.#look, left).unref();
        return;
      }
      this.#waiting.delete(exchange);
      // A client that is slow to take a complete answer is no fault of the application.
      if (!exchange.over && !exchange.ended) this.#expired(exchange, this.#seconds);
    }
  };
}
