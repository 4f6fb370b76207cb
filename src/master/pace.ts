/** How long to wait before the next worker is started, when those before have failed. */

import { Backoff } from "../base/backoff.ts";

export class Pace {
  /** Between starts that fail. */
  readonly #boots = new Backoff();
  /** Between deaths soon after a good start. The server may be useful in between, so it is never kept waiting for long. */
  readonly #deaths = new Backoff({ longestDelayMs: 2000 });

  /** A worker has not come to serve. Returns the wait that begins now, in ms; 0 if one has begun before. */
  bootFailed(now: number): number {
    return this.#boots.died(now, 0, 0);
  }

  /** A worker died that had been ready for `readyMs`; `target` of them may die of one blow. Returns the wait that begins now, or 0. */
  died(now: number, readyMs: number, target: number): number {
    return this.#deaths.died(now, readyMs, target);
  }

  /** Until the next worker may start, in ms. */
  remaining(now: number): number {
    return Math.max(this.#boots.remaining(now), this.#deaths.remaining(now));
  }

  /** What is started next is something else. */
  forget(): void {
    this.#boots.forget();
    this.#deaths.forget();
  }
}
