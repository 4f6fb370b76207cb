/**
 * Whether uWebSockets reads from the connection of a response: neither the body nor, until it is let go on, the request after it.
 *
 * uWebSockets is not strict about chunked bodies, and takes what a trailer says for the next request. So nothing that follows such a body is served:
 * the connection ends with the answer, which is completed only when reading has stopped for good.
 */

import type { AfterRead } from "./after-read.ts";
import type { UwsResponse } from "./binding.ts";

/** Whose body it is. */
export interface Receiver {
  readonly over: boolean;
  readonly body: { readonly taken: boolean } | null;
  received(piece: Buffer | null, last: boolean): void;
}

export class Reading {
  /** The request is chunked, and so the last of its connection. */
  readonly last: boolean;
  /** Null once it must not be touched. */
  #res: UwsResponse | null;
  readonly #afterRead: AfterRead | null;
  #stopped = false;
  #forGood = false;

  /** `afterRead`: see there. */
  constructor(res: UwsResponse, last: boolean, afterRead: AfterRead | null) {
    this.#res = res;
    this.last = last;
    this.#afterRead = afterRead;
  }

  /** Hands on pieces that are the receiver's to keep. */
  listen(receiver: Receiver): void {
    const afterRead = this.#afterRead;
    this.#res?.onData((chunk, last) => {
      // Theirs is taken back when we return. Of an answered request nobody wants the rest.
      const wanted = chunk.byteLength > 0 && (!receiver.over || receiver.body!.taken);
      const piece = wanted ? Buffer.from(new Uint8Array(chunk)) : null;
      if (afterRead === null) receiver.received(piece, last);
      else afterRead.push(() => receiver.received(piece, last));
    });
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
