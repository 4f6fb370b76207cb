/** The accepting end of all listeners of a worker: paused and resumed together, asked in turn. */

import { native, type Listener, type OnConnection } from "../native.ts";

/** What `A` knows of a listener is handed back with each of its connections. */
export type OnAccept<A> = (fd: number, address: string, port: number, listener: A) => void;

/** The part of the addon that is used; a fake in tests. */
export type ListenerMaker = new (fd: number, onConnection: OnConnection) => Listener;

export class Acceptor<A extends { readonly fd: number }> {
  readonly #listeners: Listener[];
  readonly #fds: number[];
  #next = 0;
  #accepting = false;

  /** Starts paused. */
  constructor(listeners: readonly A[], onAccept: OnAccept<A>, maker: ListenerMaker = native().Listener) {
    this.#fds = listeners.map((entry) => entry.fd);
    this.#listeners = listeners.map(
      (entry) => new maker(entry.fd, (fd, address, port) => onAccept(fd, address, port, entry)),
    );
  }

  get accepting(): boolean {
    return this.#accepting;
  }

  resume(): void {
    if (this.#accepting || this.#listeners.length === 0) return;
    this.#accepting = true;
    for (const listener of this.#listeners) listener.resume();
  }

  pause(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    for (const listener of this.#listeners) listener.pause();
  }

  /** Accepts one connection that waits now, from the listener whose turn it is; false when none waits anywhere. */
  acceptNow(): boolean {
    const count = this.#listeners.length;
    for (let i = 0; i < count; i++) {
      const listener = this.#listeners[this.#next]!;
      this.#next = (this.#next + 1) % count;
      if (listener.acceptNow()) return true;
    }
    return false;
  }

  /**
   * Gives up the listeners for good, and this process's hold on the sockets: when the last process lets go, clients are refused at once
   * instead of waiting in a backlog that nobody will look at.
   */
  close(): void {
    this.pause();
    for (const listener of this.#listeners.splice(0)) listener.close();
    for (const fd of this.#fds.splice(0)) native().close(fd);
  }
}
