/** When idle connections of a draining engine are closed: most of their grace later, and not all at once. */

/** Parts of the grace after which some are closed, and the share of those that are left. */
const STEPS = [
  { at: 0.7, share: 1 / 4 },
  { at: 0.8, share: 1 / 3 },
  { at: 0.9, share: 1 / 2 },
  { at: 1, share: 1 },
] as const;

export class IdleFarewell {
  readonly #graceMs: number;
  readonly #close: (share: number) => void;
  #timer: NodeJS.Timeout | null = null;

  /** `close` is to close that share of the idle connections, if they can be told from others now. */
  constructor(graceMs: number, close: (share: number) => void) {
    this.#graceMs = graceMs;
    this.#close = close;
  }

  /** From now on the grace counts, unless it does already. */
  begin(): void {
    if (this.#timer === null) this.#wait(0, 0);
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  // --- internal ---

  #wait(index: number, passed: number): void {
    const step = STEPS[index];
    if (step === undefined) return this.end();
    this.#timer = setTimeout(
      () => {
        this.#close(step.share);
        this.#wait(index + 1, step.at);
      },
      (step.at - passed) * this.#graceMs,
    );
  }
}
