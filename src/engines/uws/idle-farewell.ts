/**
 * Closing the idle connections of a draining engine, most of their grace later, and not all at once. uWebSockets does not tell which connection a
 * request is on. But with no request in flight every connection is idle: those on which nothing waits are shown the end of input, and close. With one
 * in flight nobody can tell; then the idle ones end by themselves within 10 s, or are found here when it is over.
 */

import { native } from "../../native.ts";
import type { AdoptedSockets } from "./adopted-sockets.ts";

export class IdleFarewell {
  /**
   * Connections that uWebSockets does not read any more, after an answer that was the last one: it closes them by its own time-out, for which nobody
   * has to wait.
   */
  finished = 0;
  readonly #graceMs: number;
  readonly #idle: () => AdoptedSockets | null;
  readonly #hasPart: (fd: number) => boolean;
  #ended = new Set<number>();
  #timer: NodeJS.Timeout | null = null;

  /** `idle` gives all connections, or null while any of them may be in use; `hasPart` says of one whether the begin of a request is here. */
  constructor(graceMs: number, idle: () => AdoptedSockets | null, hasPart: (fd: number) => boolean) {
    this.#graceMs = graceMs;
    this.#idle = idle;
    this.#hasPart = hasPart;
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
    const { at, share } = STEPS[index] ?? { at: passed, share: 1 };
    const waitMs = Math.max(LOOK_MS, (at - passed) * this.#graceMs);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const sockets = this.#idle();
      // While some are in use, the end of the last one begins this anew.
      if (sockets === null) return;
      if (this.#close(sockets, share) > 0) this.#wait(index + 1, at);
    }, waitMs);
  }

  /** Returns how many are open. */
  #close(sockets: AdoptedSockets, share: number): number {
    const { socketCookie, isReadable, isWritable, shutdownRead, peek } = native();
    const ended = new Set<number>();
    this.finished = 0;
    const open = sockets.sift((fd, cookie) => {
      if (socketCookie(fd) !== cookie) return false;
      if (!isReadable(fd)) {
        // Where there is no room, uWebSockets may keep some of an answer, which the application has given as a whole.
        if (Math.random() < share && isWritable(fd) && !this.#hasPart(fd)) shutdownRead(fd);
      } else if (peek(fd, ONE_BYTE) === 0) {
        // The end of input, which is read at once where anything is read.
        ended.add(cookie);
        if (this.#ended.has(cookie)) this.finished++;
      }
      return true;
    });
    this.#ended = ended;
    return open;
  }
}

// --- internal ---

/** Parts of the grace after which some are closed, and the share of those that are left. */
const STEPS = [
  { at: 0.7, share: 1 / 4 },
  { at: 0.8, share: 1 / 3 },
  { at: 0.9, share: 1 / 2 },
  { at: 1, share: 1 },
] as const;

/** At least so long, in ms, between two looks: many turns of the event loop. */
const LOOK_MS = 50;

const ONE_BYTE = Buffer.alloc(1);
