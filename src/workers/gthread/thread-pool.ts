/** The pool's threads: who they are, which are free, loading their applications, replacing those that die, ending those that hang. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";

import { Backoff } from "../../base/backoff.ts";
import { ExitStatus, JunicornError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Settings } from "../../config/settings/index.ts";
import { stackOf } from "../../http/failure.ts";
import type { Answer, FromThread, Hello, RequestTask } from "./messages.ts";
import { PoolThread, type CancelSignal } from "./pool-thread.ts";
import type { Relay } from "./relay.ts";

/** The part of a Piscina that is used. Its own queue stays empty: a task is submitted only when a thread is free for it. */
export interface TaskPool {
  readonly threads: readonly Worker[];
  run(task: RequestTask, options: { signal: CancelSignal; transferList: ArrayBuffer[] }): Promise<Answer>;
  on(event: "message", listener: (hello: Hello) => void): unknown;
  on(event: "workerCreate", listener: (created: { readonly id: number }) => void): unknown;
  on(event: "error", listener: () => void): unknown;
  destroy(): Promise<void>;
}

/** Makes the pool. `chosen` says, while a task is submitted, which thread it is for. */
export type MakePool = (threads: number, memoryLimitMb: number, chosen: () => number) => TaskPool;

export interface PoolEvents {
  /** A thread can take a request now. */
  free(): void;
  /** Live or busy threads are more or fewer. */
  changed(): void;
  /** A thread has something to say about a request of its. */
  heard(thread: PoolThread, message: Extract<FromThread, { readonly id: number }>): void;
  /** It has ended, whatever it was doing; its `cause` says why, where that is known. */
  died(thread: PoolThread): void;
  /** The pool cannot be repaired: the worker must be replaced. */
  broken(problem: string): void;
}

export class ThreadPool {
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #events: PoolEvents;
  readonly #pool: TaskPool;
  readonly #threads = new Map<number, PoolThread>();
  /** The one used last is used next: its caches are warm. */
  readonly #free: PoolThread[] = [];
  readonly #backoff = new Backoff();
  #chosen = -1;
  /** While the first threads load. */
  #boot: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #closing = false;
  #toldUpgrades = false;

  constructor(settings: Settings, log: Log, makePool: MakePool, events: PoolEvents) {
    this.#settings = settings;
    this.#log = log;
    this.#events = events;
    this.#pool = makePool(settings.threads, settings.threadMemoryLimit, () => this.#chosen);
    this.#pool.on("message", (hello) => this.#greeted(hello));
    this.#pool.on("workerCreate", ({ id }) => this.#created(id));
    this.#pool.on("error", () => {}); // a thread that died between requests: its own events say more
    this.#adopt();
  }

  /** Resolves when all threads have loaded the application. Rejects with the first failure, an error of ours. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => (this.#boot = { resolve, reject }));
  }

  /** Threads that have the application. */
  get live(): number {
    let live = 0;
    for (const thread of this.#threads.values()) if (thread.loaded && !thread.dead) live++;
    return live;
  }

  get busy(): number {
    return this.live - this.#free.length;
  }

  /** A free thread, for one request. */
  take(): PoolThread | null {
    return this.#free.pop() ?? null;
  }

  /** Serves `relay` on a thread that was taken. Rejects if the thread dies, which is reported by itself, or if the request cannot be cloned. */
  run(thread: PoolThread, relay: Relay): Promise<Answer> {
    const transferList: ArrayBuffer[] = [];
    const task = relay.taskFor(thread, transferList);
    thread.current = relay;
    this.#chosen = thread.id;
    return this.#pool.run(task, { signal: thread.cancel, transferList });
  }

  /** The thread's task is over. */
  release(thread: PoolThread): void {
    const relay = thread.current;
    thread.current = null;
    if (thread.dead) return;
    if (relay?.isOpen === true) thread.open.set(relay.id, relay);
    this.#free.push(thread);
  }

  /** Ends a thread at once, whatever it is doing; it must be running a task. Piscina starts another in its place. */
  kill(thread: PoolThread, cause: unknown): void {
    thread.cause = cause;
    this.#buried(thread);
    thread.cancel.fire(cause);
    this.#adopt();
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

  /** Makes the acquaintance of threads that piscina has started since. */
  #adopt(): void {
    for (const worker of this.#pool.threads) {
      if (this.#threads.has(worker.threadId)) continue;
      const thread = new PoolThread(worker);
      this.#threads.set(thread.id, thread);
      worker.on("error", (error) => (thread.cause ??= error));
      worker.on("exit", (code) => this.#exited(thread, code));
    }
  }

  #created(id: number): void {
    this.#adopt();
    const thread = this.#threads.get(id);
    if (thread === undefined) return;
    thread.created = true;
    if (thread.loaded) this.#enlist(thread);
  }

  #greeted(hello: Hello): void {
    this.#adopt();
    const thread = this.#threads.get(hello.thread);
    if (thread === undefined) return hello.line.close();
    thread.listen(hello.line, (message) => this.#hear(thread, message));
    setTimeout(() => this.#load(thread), this.#backoff.remaining(performance.now())).unref();
  }

  #load(thread: PoolThread): void {
    const { memoryFd: stackFd, bellFd } = thread.stack;
    thread.send({ type: "load", settings: this.#settings, stackFd, bellFd });
  }

  #hear(thread: PoolThread, message: FromThread): void {
    switch (message.type) {
      case "log":
        return this.#log.log(message.level, message.message);
      case "loaded":
        return this.#loaded(thread, message.takesUpgrades, message.noStacks);
      case "load-failed":
        return this.#loadFailed(thread, message.exit, message.problem);
      case "left":
        thread.left = true;
        return;
      default:
        return this.#events.heard(thread, message);
    }
  }

  #loaded(thread: PoolThread, takesUpgrades: boolean, noStacks: string): void {
    thread.loaded = true;
    thread.loadedAt = performance.now();
    thread.noStacks = noStacks;
    if (takesUpgrades && !this.#toldUpgrades) {
      this.#toldUpgrades = true;
      this.#log.warning("The application takes over connections (WebSockets), which the gthread class does not offer: use the async class");
    }
    if (thread.created) this.#enlist(thread);
  }

  #enlist(thread: PoolThread): void {
    if (thread.dead) return;
    this.#free.push(thread);
    if (this.live === this.#settings.threads) this.#booted(null);
    this.#events.changed();
    this.#events.free();
  }

  #loadFailed(thread: PoolThread, exit: number, problem: string): void {
    const error = new JunicornError(exit === ExitStatus.APP_LOAD ? "ERR_APP_LOAD" : "ERR_WORKER_BOOT", { problem });
    thread.cause = error;
    this.#booted(error);
    void thread.worker.terminate();
  }

  #exited(thread: PoolThread, code: number): void {
    this.#threads.delete(thread.id);
    thread.hangUp();
    thread.cause ??= new Error(`it called process.exit(${code})`);
    this.#buried(thread);
    thread.stack.close();
    if (this.#closing) return;
    this.#adopt();
    if (this.#pool.threads.length >= this.#settings.threads) return;
    // Piscina does not replace a thread that died before it had loaded even our own code.
    const problem = `a thread cannot start: ${String((thread.cause as Error).message)}`;
    this.#events.broken(problem);
  }

  /** All have loaded, or one has failed: only the first outcome counts. */
  #booted(error: Error | null): void {
    const boot = this.#boot;
    this.#boot = null;
    if (error === null) boot?.resolve();
    else boot?.reject(error);
  }

  /** What is to be done once for each dead thread, be it killed here or found dead. */
  #buried(thread: PoolThread): void {
    if (thread.dead) return;
    thread.dead = true;
    const index = this.#free.indexOf(thread);
    if (index >= 0) this.#free.splice(index, 1);
    this.#booted(new JunicornError("ERR_WORKER_BOOT", { problem: `a thread ended while it started: ${stackOf(thread.cause)}` }));
    if (!this.#closing) {
      const now = performance.now();
      const livedMs = thread.loadedAt === 0 ? 0 : now - thread.loadedAt;
      const delay = this.#backoff.died(now, livedMs, this.#settings.threads);
      this.#events.died(thread);
      if (delay > 0) this.#log.warning(`Threads keep dying: the next one starts in ${delay / 1000} s`);
    }
    this.#events.changed();
  }
}

const LEAVE_POLL_MS = 5;
