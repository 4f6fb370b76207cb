/** The pool's threads: which are free, loading their applications, replacing those that die, ending those that hang. */

import { setTimeout as sleep } from "node:timers/promises";
import type { MessagePort, Worker } from "node:worker_threads";

import { Backoff } from "../../base/backoff.ts";
import { ExitStatus, JunicornError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Settings } from "../../config/settings/index.ts";
import { stackOf } from "../../http/failure.ts";
import { explainThread } from "./explain-thread.ts";
import type { AboutRequest, Answer, FromThread, Session } from "./messages.ts";
import { PoolThread } from "./pool-thread.ts";

/**
 * The part of a Piscina that is used. Each of its threads gets one task, a session, that lasts as long as the thread does; requests go over the
 * session's own line. So an aborted task can only ever end its own thread, piscina's queue stays empty, and a request costs one message
 * each way and none of piscina's bookkeeping, which would take longer than the messages.
 */
export interface TaskPool {
  readonly threads: readonly Worker[];
  run(session: Session, options: { signal: AbortSignal; transferList: MessagePort[] }): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  destroy(): Promise<void>;
}

export type MakePool = (threads: number, memoryLimitMb: number) => TaskPool;

export interface PoolEvents {
  /** A thread can take a request now. */
  free(): void;
  /** There are more live threads, or fewer. */
  changed(): void;
  answered(thread: PoolThread, answer: Answer): void;
  heard(thread: PoolThread, message: AboutRequest): void;
  /** It has ended, whatever it was doing; its `cause` says why, where that is known. */
  died(thread: PoolThread): void;
  /** With `reload`: what threads have loaded. */
  sources(files: readonly string[]): void;
  /** The pool cannot be repaired: the worker must be replaced. */
  broken(problem: string): void;
}

export class ThreadPool {
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #events: PoolEvents;
  readonly #pool: TaskPool;
  #live = 0;
  /** Those that do not have the application yet. */
  readonly #loading = new Set<PoolThread>();
  /** The one used last is used next: its caches are warm. */
  readonly #free: PoolThread[] = [];
  readonly #backoff = new Backoff();
  /** While the first threads load. */
  #boot: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #closing = false;
  #toldUpgrades = false;

  constructor(settings: Settings, log: Log, makePool: MakePool, events: PoolEvents) {
    this.#settings = settings;
    this.#log = log;
    this.#events = events;
    this.#pool = makePool(settings.threads, settings.threadMemoryLimit);
    this.#pool.on("error", (error) => this.#orphan(error));
    for (let i = 0; i < settings.threads; i++) this.#start();
  }

  /** Resolves when all threads have loaded the application. Rejects with the first failure, an error of ours. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => (this.#boot = { resolve, reject }));
  }

  /** Threads that have the application. */
  get live(): number {
    return this.#live;
  }

  get busy(): number {
    return this.live - this.#free.length;
  }

  /** The next to be taken is the last. */
  get idle(): readonly PoolThread[] {
    return this.#free;
  }

  /** Has an idle one give memory back. It goes behind the others, for it may be a little slow to take a request now. */
  rest(thread: PoolThread): void {
    this.#free.splice(this.#free.indexOf(thread), 1);
    this.#free.unshift(thread);
    thread.send({ type: "rest" });
  }

  /** What threads that load the application are at, for people. */
  async explain(): Promise<string> {
    return (await Promise.all([...this.#loading].map((thread) => explainThread(thread)))).join("\n");
  }

  /** A free thread, for one request. */
  take(): PoolThread | null {
    const thread = this.#free.pop();
    if (thread === undefined) return null;
    thread.rest = 0;
    return thread;
  }

  /** The thread is through with its request. */
  release(thread: PoolThread): void {
    const relay = thread.current;
    thread.current = null;
    if (thread.dead) return;
    if (relay?.isOpen === true) thread.open.set(relay.id, relay);
    this.#free.push(thread);
  }

  /** Ends a thread at once, whatever it is doing, and starts another in its place. */
  kill(thread: PoolThread, cause: unknown): void {
    this.#bury(thread, cause);
    thread.cancel.abort();
  }

  /** Has each thread that is not busy call the application's exit handlers, then ends all. */
  async close(): Promise<void> {
    this.#closing = true;
    const leaving = [...this.#free];
    for (const thread of leaving) thread.send({ type: "leave" });
    while (leaving.some((thread) => !thread.left && !thread.dead)) await sleep(LEAVE_POLL_MS);
    await this.#pool.destroy();
  }

  // --- internal ---

  #start(): void {
    const thread = new PoolThread((from, message) => this.#hear(from, message));
    this.#loading.add(thread);
    const { session, transfer } = thread.session(this.#settings);
    this.#pool.run(session, { signal: thread.cancel.signal, transferList: transfer }).then(
      () => this.#bury(thread, new Error("its session has ended")),
      (error: unknown) => this.#bury(thread, error),
    );
  }

  #hear(thread: PoolThread, message: FromThread): void {
    if (isAnswer(message)) return this.#events.answered(thread, message);
    switch (message.type) {
      case "log":
        return this.#log.log(message.level, message.message);
      case "began":
        return this.#began(thread, message.thread, message.noStacks);
      case "loaded":
        return this.#loaded(thread, message);
      case "load-failed":
        return this.#loadFailed(thread, message.exit, message.problem);
      case "sources":
        return this.#events.sources(message.files);
      case "left":
        thread.left = true;
        return;
      case "explained":
        thread.explanation = message.text;
        return;
      default:
        return this.#events.heard(thread, message);
    }
  }

  #began(thread: PoolThread, id: number, noStacks: string): void {
    const worker = this.#pool.threads.find(({ threadId }) => threadId === id);
    if (thread.dead || worker === undefined) return; // it has ended since, which is reported by itself
    thread.id = id;
    thread.noStacks = noStacks;
    // One that is stuck in native code outlives its end here, and its watchdog may write until it has really ended.
    worker.once("exit", () => thread.stack.close());
  }

  #loaded(thread: PoolThread, message: Extract<FromThread, { type: "loaded" }>): void {
    if (thread.dead || thread.id === 0) return;
    this.#live++;
    this.#loading.delete(thread);
    thread.loadedAt = performance.now();
    if (message.takesUpgrades && !this.#toldUpgrades) {
      this.#toldUpgrades = true;
      this.#log.warning(
        "The application takes over connections (WebSockets), which the gthread class does not offer: use the async class",
      );
    }
    this.#free.push(thread);
    if (this.live === this.#settings.threads) this.#booted(null);
    this.#events.changed();
    this.#events.free();
  }

  #loadFailed(thread: PoolThread, exit: number, problem: string): void {
    const error = new JunicornError(exit === ExitStatus.APP_LOAD ? "ERR_APP_LOAD" : "ERR_WORKER_BOOT", { problem });
    this.#booted(error);
    this.kill(thread, error);
  }

  /** What is to be done once for each dead thread, be it ended here or found dead. */
  #bury(thread: PoolThread, cause: unknown): void {
    if (thread.dead) return;
    thread.hangUp();
    thread.dead = true;
    thread.cause = cause;
    if (thread.loaded) this.#live--;
    const index = this.#free.indexOf(thread);
    if (index >= 0) this.#free.splice(index, 1);
    this.#loading.delete(thread);
    if (thread.id === 0) thread.stack.close();
    this.#booted(
      new JunicornError("ERR_WORKER_BOOT", { problem: `a thread ended while it started: ${stackOf(cause)}` }),
    );
    if (this.#closing) return;
    this.#events.died(thread);
    this.#events.changed();
    this.#replace(thread);
  }

  /** Piscina has a new thread by now, without the application: that is loaded at once, or a little later if threads keep dying. */
  #replace(thread: PoolThread): void {
    const now = performance.now();
    const delay = this.#backoff.died(now, thread.loaded ? now - thread.loadedAt : 0, this.#settings.threads);
    if (delay > 0) this.#log.warning(`Threads keep dying: the next one starts in ${delay / 1000} s`);
    setTimeout(() => this.#start(), this.#backoff.remaining(now)).unref();
  }

  /** A thread without a session has died. Piscina does not replace one that died before it had loaded even our own code. */
  #orphan(error: Error): void {
    if (this.#closing || this.#pool.threads.length >= this.#settings.threads) return;
    const problem = `a thread cannot start: ${error.message}`;
    this.#booted(new JunicornError("ERR_WORKER_BOOT", { problem }));
    this.#events.broken(problem);
  }

  /** All have loaded, or one has failed: only the first outcome counts. */
  #booted(error: Error | null): void {
    const boot = this.#boot;
    this.#boot = null;
    if (boot === null) return;
    if (error === null) return boot.resolve();
    this.#closing = true; // the worker leaves, and says why
    boot.reject(error);
  }
}

// --- internal ---

const LEAVE_POLL_MS = 5;

function isAnswer(message: FromThread): message is Answer {
  return Array.isArray(message);
}
