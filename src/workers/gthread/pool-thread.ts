/** A pool thread as the main thread sees it: its line, its watchdog, and what it is doing. */

import { MessageChannel, receiveMessageOnPort, type MessagePort } from "node:worker_threads";

import type { Settings } from "../../config/settings/index.ts";
import type { FromThread, Session, ToThread } from "./messages.ts";
import type { Relay } from "./relay.ts";
import { ThreadStack } from "./thread-stack.ts";

export class PoolThread {
  /** Node's number of it, once it runs our code; 0 until then. */
  id = 0;
  /** When it had, in milliseconds of `performance.now()`. */
  loadedAt = 0;
  left = false;
  dead = false;
  /** Turns of the housekeeping since it was last taken for a request. */
  rest = 0;
  /** Why it has no stacks to show, or "". */
  noStacks = "";
  /** Its answer to `explain`; null until it comes. */
  explanation: string | null = null;
  /** What ended it, where that is known. */
  cause: unknown = undefined;
  /** The request it serves. */
  current: Relay | null = null;
  /** Requests that it is through with, while something of theirs still passes. */
  readonly open = new Map<number, Relay>();
  readonly stack = new ThreadStack();
  /** Ends the thread: piscina does that to one whose task is aborted. */
  readonly cancel = new AbortController();

  readonly #line: MessagePort;
  readonly #far: MessagePort;
  readonly #hear: (message: FromThread) => void;

  constructor(hear: (thread: PoolThread, message: FromThread) => void) {
    const { port1, port2 } = new MessageChannel();
    this.#line = port1;
    this.#far = port2;
    this.#hear = (message) => hear(this, message);
    port1.on("message", this.#hear);
  }

  /** What it is started with. */
  session(settings: Settings): { session: Session; transfer: MessagePort[] } {
    const { memoryFd: stackFd, bellFd } = this.stack;
    return { session: { line: this.#far, settings, stackFd, bellFd }, transfer: [this.#far] };
  }

  get loaded(): boolean {
    return this.loadedAt > 0;
  }

  send(message: ToThread, transfer?: ArrayBuffer): void {
    if (this.dead) return;
    if (transfer === undefined) this.#line.postMessage(message);
    else this.#line.postMessage(message, [transfer]);
  }

  find(id: number): Relay | undefined {
    return this.current?.id === id ? this.current : this.open.get(id);
  }

  /** It has ended: its last words, which may still be in the line, are heard. */
  hangUp(): void {
    for (let entry = receiveMessageOnPort(this.#line); entry !== undefined; entry = receiveMessageOnPort(this.#line)) {
      this.#hear((entry as { message: FromThread }).message);
    }
    this.#line.close();
  }
}
