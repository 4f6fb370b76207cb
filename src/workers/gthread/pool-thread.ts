/** A pool thread as the main thread sees it. */

import { receiveMessageOnPort, type MessagePort, type Worker } from "node:worker_threads";

import type { FromThread, ToThread } from "./messages.ts";
import type { Relay } from "./relay.ts";
import { ThreadStack } from "./thread-stack.ts";

/**
 * Piscina ends the thread of a task whose signal says `abort`. It takes an EventEmitter for a signal; this is as much of one as it uses, and
 * one serves all tasks of a thread, where an AbortController would be made for each.
 */
export class CancelSignal {
  aborted = false;
  reason: unknown = undefined;
  #listener: (() => void) | null = null;

  once(_event: string, listener: () => void): void {
    this.#listener = listener;
  }

  removeListener(): void {
    this.#listener = null;
  }

  off(): void {
    this.#listener = null;
  }

  fire(reason: unknown): void {
    this.reason = reason;
    this.#listener?.();
  }
}

export class PoolThread {
  readonly worker: Worker;
  readonly id: number;
  readonly cancel = new CancelSignal();
  readonly stack = new ThreadStack();
  line: MessagePort | null = null;
  /** Piscina has it ready to take tasks. */
  created = false;
  /** The application is loaded. */
  loaded = false;
  /** When that was, in milliseconds of `performance.now()`. */
  loadedAt = 0;
  left = false;
  dead = false;
  /** Why it has no stacks to show, or "". */
  noStacks = "";
  /** What killed it, where that is known. */
  cause: unknown = undefined;
  /** The request whose task it runs. */
  current: Relay | null = null;
  /** Requests whose task is over while something of theirs still passes. */
  readonly open = new Map<number, Relay>();
  #hear: ((message: FromThread) => void) | null = null;

  constructor(worker: Worker) {
    this.worker = worker;
    this.id = worker.threadId;
  }

  send(message: ToThread, transfer?: ArrayBuffer): void {
    if (!this.dead) this.line?.postMessage(message, transfer === undefined ? undefined : [transfer]);
  }

  find(id: number): Relay | undefined {
    return this.current?.id === id ? this.current : this.open.get(id);
  }

  /** Connects its line. */
  listen(line: MessagePort, hear: (message: FromThread) => void): void {
    this.line = line;
    this.#hear = hear;
    line.on("message", hear);
  }

  /** Hears at once what the thread has said so far. Task results come by another way, and may overtake what was said before them. */
  catchUp(): void {
    for (let entry = this.#next(); entry !== undefined; entry = this.#next()) this.#hear!(entry.message);
  }

  /** It has ended: its last words are heard. */
  hangUp(): void {
    this.catchUp();
    this.line?.close();
    this.line = null;
  }

  #next(): { message: FromThread } | undefined {
    return this.line === null ? undefined : (receiveMessageOnPort(this.line) as { message: FromThread } | undefined);
  }
}
