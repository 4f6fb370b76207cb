/** While an application loads, what it throws outside of any call of ours is a failure to load, too. */

export class BootWatch {
  readonly #failure: Promise<never>;
  #reject!: (error: unknown) => void;

  constructor() {
    this.#failure = new Promise((_, reject) => (this.#reject = reject));
    this.#failure.catch(() => {}); // seen by race(), or too late to matter
    process.on("uncaughtException", this.#reject);
    process.on("unhandledRejection", this.#reject);
  }

  /** The result of `work`, unless the application fails elsewhere first. */
  race<Result>(work: Promise<Result>): Promise<Result> {
    return Promise.race([work, this.#failure]);
  }

  stop(): void {
    process.off("uncaughtException", this.#reject);
    process.off("unhandledRejection", this.#reject);
  }
}
