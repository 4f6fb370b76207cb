/**
 * Lines of the access log, put together many at a time: a line made right after another takes a fraction of one made on its own. They wait for a timer, not for the end of the turn: what
 * is to be done then keeps the loop from waiting for input, and so from finding many requests at once.
 */

import type { AccessLog } from "../access-log.ts";
import type { Exchange } from "../exchange.ts";

export class BatchedAccessLog implements AccessLog {
  readonly #log: AccessLog;
  readonly #exchanges: (Exchange | null)[] = Array.from({ length: MOST }, () => null);
  readonly #milliseconds = new Float64Array(MOST);
  #count = 0;
  #isScheduled = false;
  readonly #exitHook = (): void => this.flush();

  constructor(log: AccessLog) {
    this.#log = log;
    // Before the hooks of what the lines go to.
    process.prependListener("exit", this.#exitHook);
  }

  /** The line is made in a few milliseconds, or when there are many. */
  log(exchange: Exchange, milliseconds: number): void {
    this.#exchanges[this.#count] = exchange;
    this.#milliseconds[this.#count] = milliseconds;
    if (++this.#count === MOST) return this.flush();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setTimeout(this.#onTimer, WAIT_MS).unref();
  }

  /** Makes the lines of all that was logged so far. */
  flush(): void {
    const count = this.#count;
    this.#count = 0;
    for (let i = 0; i < count; i++) {
      const exchange = this.#exchanges[i]!;
      this.#exchanges[i] = null;
      this.#log.log(exchange, this.#milliseconds[i]!);
    }
  }

  /** Nothing may be logged any more. */
  close(): void {
    this.flush();
    process.off("exit", this.#exitHook);
  }

  // --- internal ---

  readonly #onTimer = (): void => {
    this.#isScheduled = false;
    this.flush();
  };
}

// --- internal ---

/** On top of what lines wait for others on their way to a file. */
const WAIT_MS = 10;

/** More would not make a line cheaper, and what they keep alive would be in the way of the collector. */
const MOST = 32;
