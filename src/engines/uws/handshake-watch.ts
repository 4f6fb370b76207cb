/**
 * Handshakes that uWebSockets has been given: it neither tells that one has broken, nor lets us choose how long one may take. But the kernel counts what a
 * client sends, which after its first message are either the last one of a handshake, or an alert, which is shorter, or nothing. To ask for that when uWebSockets has closed a
 * connection, we keep a second descriptor of it until the last message is here; uWebSockets' end of it reaches the client once that is closed, in the same turn.
 */

import { constants } from "node:os";

import { native, type Native } from "../../native.ts";
import { CLIENT_LEFT } from "../engine.ts";

export class HandshakeWatch<Arrival extends { readonly fd: number }> {
  readonly #native: Native;
  readonly #limitMs: number;
  readonly #failed: (arrival: Arrival, reason: string) => void;
  readonly #watched = new Set<Watched<Arrival>>();
  #timer: NodeJS.Timeout | null = null;
  #looking = false;

  /** `limitMs`: the longest time for a handshake; 0: uWebSockets' own. */
  constructor(limitMs: number, failed: (arrival: Arrival, reason: string) => void) {
    this.#native = native();
    this.#limitMs = limitMs === 0 ? Number.POSITIVE_INFINITY : limitMs;
    this.#failed = failed;
  }

  /** Before uWebSockets is given a connection, whose first message is in the kernel. */
  add(arrival: Arrival): void {
    if (this.#watched.size >= MOST) return;
    const { fd } = arrival;
    const received = this.#native.bytesReceived(fd);
    const copy = received < 0 ? -1 : this.#native.copyDescriptor(fd);
    if (copy < 0) return;
    this.#watched.add({ arrival, copy, cookie: this.#native.socketCookie(fd), received, since: performance.now() });
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** uWebSockets has closed some connection. */
  closed(): void {
    if (this.#watched.size === 0 || this.#looking) return;
    this.#looking = true;
    setImmediate(() => {
      this.#looking = false;
      for (const each of this.#watched)
        if (this.#native.socketCookie(each.arrival.fd) !== each.cookie) this.#judge(each);
    });
  }

  /** Nothing is said any more. */
  end(): void {
    for (const each of this.#watched) this.#forget(each);
  }

  // --- internal ---

  #sweep(): void {
    const now = performance.now();
    for (const each of this.#watched) {
      if (this.#sent(each) >= LAST_MESSAGE_BYTES) this.#forget(each);
      else if (now - each.since >= this.#limitMs) {
        this.#native.shutdownRead(each.copy); // uWebSockets closes it
        this.#forget(each);
        this.#failed(each.arrival, `it was not done after ${this.#limitMs / 1000} s (header_timeout)`);
      }
    }
  }

  #judge(watched: Watched<Arrival>): void {
    const sent = this.#sent(watched);
    const reason = sent >= LAST_MESSAGE_BYTES ? null : this.#reason(watched, sent);
    this.#forget(watched);
    if (reason !== null) this.#failed(watched.arrival, reason);
  }

  #reason({ copy, since }: Watched<Arrival>, sent: number): string {
    const isHere = this.#native.peek(copy, ONE_BYTE) === -constants.errno.EAGAIN;
    const seconds = Math.round((performance.now() - since) / 1000);
    if (isHere && seconds >= UWS_LIMIT_S) return `it was not done after ${seconds} s`;
    if (sent > 1) return "the client broke it off: it may not trust the certificate";
    return isHere ? "the first message is not valid" : CLIENT_LEFT;
  }

  #sent({ copy, received }: Watched<Arrival>): number {
    return this.#native.bytesReceived(copy) - received;
  }

  #forget(watched: Watched<Arrival>): void {
    this.#native.close(watched.copy);
    this.#watched.delete(watched);
    if (this.#watched.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

// --- internal ---

interface Watched<Arrival> {
  readonly arrival: Arrival;
  /** Our descriptor. */
  readonly copy: number;
  readonly cookie: number;
  /** How many bytes there had been at the beginning. */
  readonly received: number;
  readonly since: number;
}

/** At once; each takes a descriptor more. */
const MOST = 256;

const SWEEP_MS = 250;

/** uWebSockets' own limit is 10 s, in steps of 4 s. */
const UWS_LIMIT_S = 7;

/** `Finished` with the shortest hash, encrypted (RFC 8446, 4.4.4 and 5.2). An alert is 24 bytes, and what may come before either is 6. */
const LAST_MESSAGE_BYTES = 58;

const ONE_BYTE = Buffer.alloc(1);
