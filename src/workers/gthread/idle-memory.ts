/**
 * Gives memory back once load is over: a worker has a heap for each thread and one of its own, and each keeps what it took for new objects until it is collected as a
 * whole, which an idle one never is. Under load this costs nothing but a note that a thread was in use.
 */

import { native } from "../../native.ts";
import { IdleHeap } from "./idle-heap.ts";
import type { PoolThread } from "./pool-thread.ts";

export interface Threads {
  /** How many serve a request. */
  readonly busy: number;
  readonly idle: readonly PoolThread[];
  /** Has it give memory back; others are taken for requests before it. */
  rest(thread: PoolThread): void;
}

export class IdleMemory {
  readonly #threads: Threads;
  readonly #own = new IdleHeap();
  readonly #timer: NodeJS.Timeout;
  /** Turns since there was something to do, for the main thread's own heap. */
  #rest = 0;

  constructor(threads: Threads, turnMs = 500) {
    this.#threads = threads;
    this.#timer = setInterval(() => this.#turn(), turnMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  // --- internal ---

  /** One thread at a time, the main thread last; then what they have freed outside their heaps. */
  #turn(): void {
    const { idle, busy } = this.#threads;
    let resting = busy === 0;
    let due: PoolThread | undefined;
    for (const thread of idle) {
      if (thread.open.size > 0) thread.rest = 0;
      if (thread.rest < REST) thread.rest++;
      else if (thread.rest === REST) due ??= thread;
      resting &&= thread.rest > REST;
    }
    if (due !== undefined) {
      due.rest++;
      this.#threads.rest(due);
    }
    this.#rest = resting ? this.#rest + 1 : 0;
    if (this.#rest === 1) this.#own.shrink(() => this.#threads.busy === 0);
    if (this.#rest === 1 + STEPS) native().trimAllocator();
  }
}

// --- internal ---

/** Turns without a request after which a thread counts as idle: 1 to 1.5 s. */
const REST = 2;

/** Turns that a heap is given to shrink. */
const STEPS = 3;
