/** Requests that wait for a thread, in order of their arrival: one queue for all connections, so that no client can starve another. */

import type { Relay } from "./relay.ts";

export class RequestQueue {
  length = 0;
  #first: Relay | null = null;
  #last: Relay | null = null;

  /** When the request at the head came, in milliseconds of `performance.now()`; 0 if none waits. */
  get headSince(): number {
    return this.#first?.since ?? 0;
  }

  push(relay: Relay): void {
    relay.before = this.#last;
    if (this.#last === null) this.#first = relay;
    else this.#last.after = relay;
    this.#last = relay;
    this.length++;
  }

  shift(): Relay | null {
    const relay = this.#first;
    if (relay !== null) this.remove(relay);
    return relay;
  }

  /** Takes a request out, wherever it is, and says whether it was there. */
  remove(relay: Relay): boolean {
    if (relay !== this.#first && relay.before === null) return false;
    if (relay.before === null) this.#first = relay.after;
    else relay.before.after = relay.after;
    if (relay.after === null) this.#last = relay.before;
    else relay.after.before = relay.before;
    relay.before = null;
    relay.after = null;
    this.length--;
    return true;
  }
}
