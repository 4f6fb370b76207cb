/**
 * Whether uWebSockets reads from the connection of a response: neither the body nor, until it is let go on, the request after it.
 *
 * uWebSockets is not strict about chunked bodies, and takes what a trailer says for the next request. So nothing that follows such a body is served:
 * the connection ends with the answer, which is completed only when reading has stopped for good.
 */

import type { UwsResponse } from "./binding.ts";

export class Reading {
  /** The request is chunked, and so the last of its connection. */
  readonly last: boolean;
  /** Null once it must not be touched. */
  #res: UwsResponse | null;
  #stopped = false;
  #forGood = false;

  constructor(res: UwsResponse, last: boolean) {
    this.#res = res;
    this.last = last;
  }

  stop(): void {
    if (this.#stopped || this.#res === null) return;
    this.#stopped = true;
    this.#res.pause();
  }

  /** Before the answer is out at the latest: afterwards nobody could. */
  goOn(): void {
    if (!this.#stopped || this.#forGood || this.#res === null) return;
    this.#stopped = false;
    this.#res.resume();
  }

  /**
   * Runs `complete`, which completes the answer. After a chunked request it runs a turn later: what was read together with the request has met a
   * pending answer by then, on which uWebSockets cuts the connection; and nothing is read any more.
   */
  finish(complete: (res: UwsResponse) => void): void {
    const res = this.#res;
    if (res === null) return;
    if (!this.last) return complete(res);
    this.stop();
    this.#forGood = true;
    setImmediate(() => {
      if (this.#res !== null) complete(this.#res);
    });
  }

  /** The response is answered or aborted. */
  drop(): void {
    this.#res = null;
  }
}
