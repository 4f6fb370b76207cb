/** The async class: many connections at once in the worker's main thread, with keep-alive; at the cap the kernel's backlog takes over. */

import { chooseEngine } from "../engines/choose.ts";
import type { Engine, EngineOptions } from "../engines/engine.ts";
import type { AcceptorLike, WorkerClass, WorkerHost } from "./worker-class.ts";

export function createAsync(host: WorkerHost, makeEngine = chosen(host)): WorkerClass {
  return new AsyncClass(host, makeEngine);
}

// --- internal ---

function chosen(host: WorkerHost): (options: EngineOptions) => Engine {
  return (options) => {
    const { engine, fallback } = chooseEngine(host.httpEngine, options);
    if (fallback !== null) host.note(`Serving on the llhttp engine: ${fallback}`);
    return engine;
  };
}

class AsyncClass implements WorkerClass {
  readonly timesRequests = false;
  readonly #host: WorkerHost;
  readonly #engine: Engine;
  readonly #acceptor: AcceptorLike;

  constructor(host: WorkerHost, makeEngine: (options: EngineOptions) => Engine) {
    this.#host = host;
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

  start(): void {
    this.#acceptor.resume();
  }

  drain(): void {
    this.#acceptor.close();
    this.#engine.drain();
  }

  /** Among many requests nobody knows whose error it was: those that can still be answered are. */
  blame(): void {}

  destroy(): number {
    return this.#engine.destroy();
  }

  #closed(): void {
    const connections = this.#engine.connections;
    this.#host.connectionsChanged(connections);
    if (connections < this.#host.maxConnections) this.#acceptor.resume();
  }
}
