/** Serves exchanges on the threads of a pool: one request per thread at a time, the rest in one queue in order of arrival. */

import { JunicornError, rowOf } from "../../base/errors.ts";
import { escapeLogValue } from "../../http/access-log/escape.ts";
import type { AppHandler, Exchange } from "../../http/exchange.ts";
import { answerFailure, clientOf, stackOf } from "../../http/failure.ts";
import type { ThreadsHost } from "../worker-class.ts";
import type { AboutRequest, Answer } from "./messages.ts";
import type { PoolThread } from "./pool-thread.ts";
import { Relay } from "./relay.ts";
import { RequestQueue } from "./request-queue.ts";
import { ThreadPool, type MakePool, type PoolEvents } from "./thread-pool.ts";

export class Dispatcher implements AppHandler, PoolEvents {
  readonly pool: ThreadPool;
  readonly #host: ThreadsHost;
  readonly #queue = new RequestQueue();

  constructor(host: ThreadsHost, makePool: MakePool) {
    this.#host = host;
    this.pool = new ThreadPool(host.settings, host.log, makePool, this);
  }

  handle(exchange: Exchange): void {
    const relay = new Relay(exchange);
    exchange.onAbort = (reason) => this.#gone(relay, reason);
    relay.onUnready = (error) => {
      if (!exchange.over) this.#host.service.fail(exchange, error);
    };
    relay.prepare(() => this.#ready(relay));
  }

  // --- PoolEvents ---

  free(): void {
    while (this.#queue.length > 0) {
      const thread = this.pool.take();
      if (thread === null) return;
      const relay = this.#queue.shift()!;
      this.#queueChanged();
      this.#run(thread, relay);
    }
  }

  changed(): void {
    const { slot } = this.#host;
    slot.set("threads", this.pool.live);
    slot.set("busyThreads", this.pool.busy);
  }

  answered(thread: PoolThread, answer: Answer): void {
    const relay = thread.current;
    if (relay === null || relay.id !== answer[0]) return;
    this.#release(thread, relay);
    const [, status, reason, headers, body] = answer;
    const { exchange } = relay;
    if (exchange.over) return;
    try {
      exchange.respond(status, reason, headers, body);
    } catch (failure) {
      this.#host.service.fail(exchange, failure);
    }
  }

  heard(thread: PoolThread, message: AboutRequest): void {
    const relay = thread.find(message.id);
    if (relay === undefined) return;
    try {
      relay.hear(message);
    } catch (error) {
      this.#host.service.fail(relay.exchange, error);
    }
    if (relay === thread.current && RELEASING.has(message.type)) this.#release(thread, relay);
    if (!relay.isOpen) thread.open.delete(relay.id);
  }

  died(thread: PoolThread): void {
    const { current, cause } = thread;
    const during = current === null ? "" : ` while it served ${describeRelay(current)}`;
    const { log } = this.#host;
    log.error(`Thread ${thread.id} of worker (pid:${process.pid}) has ended${during}: ${causeText(cause)}`);
    const problem = cause instanceof Error ? cause.message : String(cause);
    const error = new JunicornError("ERR_THREAD_ENDED", { problem });
    if (current !== null) answerFailure(current.exchange, error);
    for (const relay of thread.open.values()) answerFailure(relay.exchange, error);
    thread.open.clear();
  }

  sources(files: readonly string[]): void {
    this.#host.sources(files);
  }

  broken(problem: string): void {
    this.#host.retire(problem);
  }

  // --- internal ---

  #ready(relay: Relay): void {
    const { exchange } = relay;
    if (relay.cancelled || exchange.over || exchange.ended) return;
    relay.since = performance.now();
    // Behind those that wait, even if a thread is free: it is about to take one of them.
    const thread = this.#queue.length === 0 ? this.pool.take() : null;
    if (thread !== null) return this.#run(thread, relay);
    this.#queue.push(relay);
    this.#queueChanged();
  }

  #run(thread: PoolThread, relay: Relay): void {
    thread.current = relay;
    relay.begin(thread);
    this.#host.slot.set("busyThreads", this.pool.busy);
  }

  /** The next request first, so that the thread has something to do while the last one's answer is written. */
  #release(thread: PoolThread, relay: Relay): void {
    clearTimeout(relay.overdue);
    this.pool.release(thread);
    this.free();
    this.#host.slot.set("busyThreads", this.pool.busy);
  }

  /** The client is gone or half-closed, or the request's time is up. */
  #gone(relay: Relay, reason: Error): void {
    relay.gone(reason);
    // Half-closed: the client may still be reading, and the real end is yet to be heard of.
    if (!relay.cancelled) relay.exchange.onAbort = (later) => this.#gone(relay, later);
    else if (this.#queue.remove(relay)) this.#queueChanged();
    const thread = relay.thread;
    if (!relay.expired || thread === null || thread.current !== relay) return;
    const patience = this.#host.settings.requestKillTimeout * 1000;
    relay.overdue = setTimeout(() => void this.#kill(thread, relay), patience).unref();
  }

  /** The application has not returned, though it was told that its time is up. */
  async #kill(thread: PoolThread, relay: Relay): Promise<void> {
    const stack = thread.noStacks === "" ? await thread.stack.read(STACK_MS) : null;
    if (thread.dead || thread.current !== relay) return; // it has returned after all
    const none = thread.noStacks || "it waits for a promise, or is busy in native code";
    const where =
      stack === null ? `No JavaScript stack: ${none}` : `JavaScript stack:\n${stack.replaceAll(/^ */gm, "    at ")}`;
    this.pool.kill(thread, `it was terminated, for it did not return within request_kill_timeout\n  ${where}`);
  }

  #queueChanged(): void {
    const { slot, now } = this.#host;
    const { length, headSince } = this.#queue;
    slot.set("queued", length);
    slot.set("queuedSince", length === 0 ? 0 : now() - (performance.now() - headSince));
  }
}

// --- internal ---

/** After these the thread is free. */
const RELEASING: ReadonlySet<AboutRequest["type"]> = new Set(["end", "abort", "released"]);

/** How long the watchdog may take to answer. */
const STACK_MS = 250;

function describeRelay({ exchange, begunAt }: Relay): string {
  const { method, target } = exchange;
  const seconds = ((performance.now() - begunAt) / 1000).toFixed(1);
  return `${escapeLogValue(method)} ${escapeLogValue(target)} from ${clientOf(exchange)}, for ${seconds} s`;
}

function causeText(cause: unknown): string {
  if (typeof cause === "string") return cause;
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  // Piscina's error, whose stack says nothing.
  const status = cause instanceof Error ? /^worker exited with code: (\d+)$/.exec(cause.message)?.[1] : undefined;
  if (status !== undefined) return `something in it called process.exit(${status})`;
  if (code === "ERR_WORKER_OUT_OF_MEMORY") return "out of memory (see thread_memory_limit)";
  return rowOf(cause) === undefined ? stackOf(cause) : (cause as Error).message;
}
