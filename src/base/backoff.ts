/** How long to wait before replacing workers that keep dying soon after their start. */

export interface BackoffOptions {
  /** A worker that was ready for this long died of something else than its start. */
  readonly youngMs: number;
  /** Early deaths are forgotten after this long without another. */
  readonly forgetMs: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

const DEFAULTS: BackoffOptions = { youngMs: 10_000, forgetMs: 60_000, firstDelayMs: 500, longestDelayMs: 30_000 };

export class Backoff {
  readonly #options: BackoffOptions;
  #deaths = 0;
  #lastDeath = 0;
  #notBefore = 0;

  constructor(options: Partial<BackoffOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /**
   * A worker died unasked, after being ready for `readyMs` (0: never was). The first `free` early deaths are replaced at once, for all workers may
   * die of one blow; from then on the wait doubles. Returns the wait in ms that begins now; 0 for none, or one that has begun before.
   */
  died(now: number, readyMs: number, free: number): number {
    if (readyMs >= this.#options.youngMs) return 0;
    if (now - this.#lastDeath > this.#options.forgetMs) this.#deaths = 0;
    this.#lastDeath = now;
    // Workers that die in one blow double the wait once, not once each.
    if (now < this.#notBefore) return 0;
    this.#deaths++;
    if (this.#deaths <= free) return 0;
    const delay = Math.min(this.#options.firstDelayMs * 2 ** (this.#deaths - free - 1), this.#options.longestDelayMs);
    this.#notBefore = now + delay;
    return delay;
  }

  /** What has died so far says nothing about what is started next. */
  forget(): void {
    this.#deaths = 0;
    this.#notBefore = 0;
  }

  /** Milliseconds until the next worker may start; 0: now. */
  remaining(now: number): number {
    return Math.max(0, this.#notBefore - now);
  }
}
