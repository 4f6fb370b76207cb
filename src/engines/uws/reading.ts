/**
 * Whether uWebSockets reads from the connection of a response: neither the body nor, until it is let go on, the request after it.
 *
 * To pause, uWebSockets waits for nothing on a connection any more, not even for room to send what it has kept of the answer; to resume, it waits for what it
 * waited for when it paused last, on any connection of the thread, with something kept or without. And a write that is not all sent ends a pause.
 * So while reading is stopped and the answer is blocked we try again now and then, and pause again. Nor does it hear that the client is gone, or count the time in which
 * that takes nothing: so do we.
 */

// Not the global, which is a getter.
import { performance } from "node:perf_hooks";

import { native } from "../../native.ts";
import type { UwsResponse } from "./binding.ts";

/** Whose body it is. */
export interface Receiver {
  /** While uWebSockets handles what it has read. The piece is taken back when this returns. */
  received(piece: ArrayBuffer, last: boolean): void;
}

export class Reading {
  /** Null once it must not be touched. */
  #res: UwsResponse | null;
  #stopped = false;
  #released = false;
  /** Not null while the answer is blocked, as far as we know: tries to send. */
  #retry: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pauseMs = SHORTEST_MS;
  /** When something could be sent last. */
  #tookAt = 0;

  constructor(res: UwsResponse) {
    this.#res = res;
  }

  listen(receiver: Receiver, first: boolean): void {
    if (first) this.#resume(); // else it might not know what to wait for when it resumes
    this.#res?.onData((chunk, last) => {
      receiver.received(chunk, last);
      this.#stayStopped();
    });
  }

  /** Unless it has been released. */
  stop(): void {
    if (this.#stopped || this.#released || this.#res === null) return;
    this.#stopped = true;
    this.#res.pause();
    this.#stayStopped();
  }

  /** Whether all that was written could be sent. If not, `retry` is called now and then while nothing else would tell. */
  sent(all: boolean, retry: () => void): void {
    if (this.#retry === null || all) this.#tookAt = performance.now();
    this.#retry = all ? null : retry;
    if (all) this.#pauseMs = SHORTEST_MS;
    else this.#stayStopped();
  }

  /** All of the answer is given, and may be out at any moment: afterwards nobody could go on, so nobody stops any more. */
  release(): void {
    this.#released = true;
    this.goOn();
  }

  get released(): boolean {
    return this.#released;
  }

  /** True if it had been stopped: the client has 10 s then. */
  goOn(): boolean {
    if (!this.#stopped || this.#res === null) return false;
    this.#stopped = false;
    this.#resume();
    return true;
  }

  /** The response is answered or aborted. */
  drop(): void {
    this.#res = null;
    this.#retry = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  // --- internal ---

  #resume(): void {
    const res = this.#res!;
    sendKept(res);
    res.pause();
    res.resume();
  }

  #tryAgain(res: UwsResponse, retry: () => void): void {
    const now = performance.now();
    // A broken connection takes everything, and so has room.
    if (native().uwsIsHungUp(res)) return void res.close();
    if (native().uwsHasRoom(res)) {
      this.#tookAt = now;
      retry();
    } else if (now - this.#tookAt > LONGEST_STUCK_MS) res.close();
  }

  /** At the end of the turn, for what is sent then ends a pause as well. */
  #stayStopped(): void {
    if (!this.#stopped || this.#timer !== null) return;
    this.#timer = setTimeout(this.#onTimer, 0);
  }

  readonly #onTimer = (): void => {
    this.#timer = null;
    if (this.#res === null || !this.#stopped) return;
    if (this.#retry !== null) this.#tryAgain(this.#res, this.#retry);
    if (this.#res === null || !this.#stopped) return;
    this.#res.pause();
    if (this.#retry === null) return;
    this.#pauseMs = Math.min(LONGEST_MS, this.#pauseMs * 2);
    this.#timer ??= setTimeout(this.#onTimer, this.#pauseMs);
  };
}

/** uWebSockets leaves what it has kept of earlier writes where it is until there is another one, if somebody asked it to tell of room: here, of nothing. */
export function sendKept(res: UwsResponse): void {
  res.cork(() => {});
}

/**
 * Ends a connection that is the caller's no more. Not while uWebSockets hands out the body of its request, so `later`: it would go on with what is behind that, in memory that it has freed, or
 * as with a request.
 */
export function close(res: UwsResponse, later: boolean): void {
  if (later) afterHandler(res, () => res.close());
  else res.close();
}

/** Does the last that is done with a connection once uWebSockets' handler has returned, unless it is closed by then. What comes is dropped: no other request is to be answered in the place of this one. */
export function afterHandler(res: UwsResponse, work: () => void): void {
  native().uwsDrop(res);
  let open = true;
  res.onAborted(() => (open = false));
  setImmediate(() => {
    if (open) work();
  });
}

// --- internal ---

/** Between two tries, in ms. */
const SHORTEST_MS = 2;
const LONGEST_MS = 500;
/** As long as uWebSockets waits. */
const LONGEST_STUCK_MS = 10_000;
