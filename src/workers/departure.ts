/** How a worker is asked to leave. Signals and messages only ask; the worker's lifecycle acts. */

/**
 * `graceful`: finish what is here. `quick`: at once. `abort`: at once, and as a failure.
 * A stronger wish overrules a weaker one; a weaker or equal one changes nothing, so asking twice does no harm.
 */
export type Leave = "graceful" | "quick" | "abort";

const STRENGTH: Readonly<Record<Leave, number>> = { graceful: 1, quick: 2, abort: 3 };

export class Departure {
  #wish: Leave | null = null;
  #waiters: (() => void)[] = [];

  get wish(): Leave | null {
    return this.#wish;
  }

  /** No time is left for finishing anything. */
  get hasty(): boolean {
    return this.#wish === "quick" || this.#wish === "abort";
  }

  ask(wish: Leave): void {
    if (this.#wish !== null && STRENGTH[wish] <= STRENGTH[this.#wish]) return;
    this.#wish = wish;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Resolves once any wish has been uttered. */
  asked(): Promise<void> {
    if (this.#wish !== null) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** The result of `work`, or null if any wish is uttered first: a departure in the middle of loading has nothing to wait for. */
  unlessAsked<T>(work: Promise<T>): Promise<T | null> {
    return Promise.race([work, this.asked().then(() => null)]);
  }
}
