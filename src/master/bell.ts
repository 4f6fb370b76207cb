/** What the master's loop waits on: rung by signals, messages and deaths. */

export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves when the bell rings, or has rung since the last wait, or after `ms`. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        this.#rung = false;
        resolve();
      };
      if (this.#rung) this.#wake();
    });
  }
}
