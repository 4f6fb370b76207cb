/**
 * Requests that wait for a thread, in order of their arrival: one queue for all connections, so that no client can starve another. Of a connection that may
 * bring many at once (HTTP/2) one stands in the queue and the others behind it: when its turn has come, the next goes to the end.
 */

import type { Relay } from "./relay.ts";

export class RequestQueue {
  length = 0;
  #first: Relay | null = null;
  #last: Relay | null = null;
  /** By session that has a request in the queue: those behind that one. */
  readonly #behind = new Map<object, Relay[]>();

  /** When the request at the head came, in milliseconds of `performance.now()`; 0 if none waits. */
  get headSince(): number {
    return this.#first?.since ?? 0;
  }

  push(relay: Relay): void {
    this.length++;
    const { session } = relay.exchange;
    if (session === null) return this.#append(relay);
    const behind = this.#behind.get(session);
    if (behind !== undefined) behind.push(relay);
    else {
      this.#behind.set(session, []);
      this.#append(relay);
    }
  }

  shift(): Relay | null {
    const relay = this.#first;
    if (relay !== null) this.remove(relay);
    return relay;
  }

  /** Takes a request out, wherever it is, and says whether it was there. */
  remove(relay: Relay): boolean {
    const { session } = relay.exchange;
    const behind = session === null ? undefined : this.#behind.get(session);
    if (relay !== this.#first && relay.before === null) {
      const at = behind?.indexOf(relay) ?? -1;
      if (at < 0) return false;
      behind!.splice(at, 1);
    } else {
      this.#unlink(relay);
      const next = behind?.shift();
      if (next !== undefined) this.#append(next);
      else if (session !== null) this.#behind.delete(session);
    }
    this.length--;
    return true;
  }

  // --- internal ---

  #append(relay: Relay): void {
    relay.before = this.#last;
    if (this.#last === null) this.#first = relay;
    else this.#last.after = relay;
    this.#last = relay;
  }

  #unlink(relay: Relay): void {
    if (relay.before === null) this.#first = relay.after;
    else relay.before.after = relay.after;
    if (relay.after === null) this.#last = relay.before;
    else relay.after.before = relay.before;
    relay.before = null;
    relay.after = null;
  }
}
