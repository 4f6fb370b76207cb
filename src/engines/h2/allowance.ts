/** How often a client may do something that costs us more than it: so often at once, and so often each second in the long run. */

export interface Allowed {
  readonly atOnce: number;
  readonly perSecond: number;
}

export class Allowance {
  readonly #allowed: Allowed;
  #left: number;
  #at: number;

  /** Times are in milliseconds of any steady clock. */
  constructor(allowed: Allowed, now: number) {
    this.#allowed = allowed;
    this.#left = allowed.atOnce;
    this.#at = now;
  }

  /** False: this is once too often. */
  take(now: number): boolean {
    const { atOnce, perSecond } = this.#allowed;
    this.#left = Math.min(atOnce, this.#left + ((now - this.#at) * perSecond) / 1000);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
