/** The time that a search has, and what a run takes of it. */

export class Budget {
  readonly ms: number;
  readonly #now: () => number;
  readonly #began: number;
  #runs = 0;

  /** `now` in ms. */
  constructor(ms: number, now: () => number) {
    this.ms = ms;
    this.#now = now;
    this.#began = now();
  }

  /** A run has ended. */
  ran(): void {
    this.#runs++;
  }

  get runs(): number {
    return this.#runs;
  }

  get used(): number {
    return this.#now() - this.#began;
  }

  get left(): number {
    return this.ms - this.used;
  }

  /** Of a run, start and warm-up included. */
  get cost(): number {
    return this.#runs === 0 ? 0 : this.used / this.#runs;
  }

  /** There is no time for another run. */
  get over(): boolean {
    return this.left < this.cost;
  }
}
