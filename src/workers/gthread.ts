/**
 * The gthread class: the worker's main thread accepts, speaks HTTP and keeps connections alive; a pool of threads runs the application, one
 * request per thread at a time. What the application does never keeps the main thread from accepting, parsing, answering probes or beating.
 */

import { fileURLToPath } from "node:url";

import { Piscina } from "piscina";

import type { Engine, EngineOptions } from "../engines/engine.ts";
import { LlhttpEngine } from "../engines/llhttp/engine.ts";
import { Dispatcher } from "./gthread/dispatcher.ts";
import type { MakePool, TaskPool } from "./gthread/thread-pool.ts";
import type { AcceptorLike, ThreadsHost, WorkerClass } from "./worker-class.ts";

/** Resolves once every thread has loaded the application. */
export async function createGthread(
  host: ThreadsHost,
  makeEngine = llhttp,
  makePool: MakePool = piscina,
): Promise<WorkerClass> {
  const dispatcher = new Dispatcher(host, makePool);
  await dispatcher.pool.ready();
  return new GthreadClass(host, dispatcher, makeEngine);
}

// --- internal ---

function llhttp(options: EngineOptions): Engine {
  return new LlhttpEngine(options);
}

const ENTRY = fileURLToPath(new URL("../entry/thread.js", import.meta.url));

/**
 * `atomics` is off: with it a thread waits for its next task by blocking, which stops its event loop, and with it the application's timers,
 * intervals and the keep-alive of its database connections.
 */
function piscina(threads: number, memoryLimitMb: number): TaskPool {
  return new Piscina({
    filename: ENTRY,
    name: "serve",
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Infinity,
    atomics: "disabled",
    recordTiming: false,
    resourceLimits: {
      maxYoungGenerationSizeMb: YOUNG_MB,
      ...(memoryLimitMb > 0 && { maxOldGenerationSizeMb: memoryLimitMb }),
    },
  });
}

/**
 * Node lets each thread have up to 48 MiB for objects that have just been made, and under load it takes them. With this a pool of four takes
 * a quarter less memory in all, and serves no fewer requests.
 */
const YOUNG_MB = 6;

class GthreadClass implements WorkerClass {
  /** Requests have a time-out of their own; the main thread is only hung if it does not beat. */
  readonly timesRequests = false;
  readonly #host: ThreadsHost;
  readonly #dispatcher: Dispatcher;
  readonly #engine: Engine;
  readonly #acceptor: AcceptorLike;

  constructor(host: ThreadsHost, dispatcher: Dispatcher, makeEngine: (options: EngineOptions) => Engine) {
    this.#host = host;
    this.#dispatcher = dispatcher;
    host.service.app = dispatcher;
    this.#engine = host.engine(makeEngine, {
      keepAliveMs: host.keepAliveMs,
      events: {
        exchange: (exchange) => host.service.handle(exchange),
        closed: () => this.#closed(),
        refused: (refusal) => host.refused(refusal),
      },
    });
    this.#acceptor = host.acceptor(
      (fd, address, port, listener) => {
        this.#engine.adopt(fd, address, port, listener);
        host.connectionsChanged(this.#engine.connections);
        if (this.#engine.connections >= host.maxConnections) this.#acceptor.pause();
      },
      { balanced: true },
    );
  }

  get connections(): number {
    return this.#engine.connections;
  }

  /** Some thread can serve. */
  get ready(): boolean {
    return this.#dispatcher.pool.live > 0;
  }

  start(): void {
    this.#acceptor.resume();
  }

  /** Running and queued requests are served, idle connections are closed. */
  drain(): void {
    this.#acceptor.close();
    this.#engine.drain();
  }

  /** What threads do wrong is reported where it happens; an error here is none of theirs. */
  blame(): void {}

  destroy(): number {
    return this.#engine.destroy();
  }

  close(): Promise<void> {
    return this.#dispatcher.pool.close();
  }

  #closed(): void {
    const connections = this.#engine.connections;
    this.#host.connectionsChanged(connections);
    if (connections < this.#host.maxConnections) this.#acceptor.resume();
  }
}
