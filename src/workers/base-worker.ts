/** The base of worker classes that serve many connections at once: accepts up to a limit, and leaves in order. Public: users extend it. */

import { chooseEngine } from "../engines/choose.ts";
import type { Engine, EngineOptions } from "../engines/engine.ts";
import type { Exchange } from "../http/exchange.ts";
import { LastCall } from "./leaving/last-call.ts";
import type { AcceptorLike, DrainPlan, WorkerClass, WorkerHost } from "./worker-class.ts";

/** Makes the engine of a class from what the settings and the class decide. */
export type MakeEngine = (options: EngineOptions) => Engine;

/**
 * A worker class of your own extends this, and is given to `--worker-class` as the path of its module:
 *
 * ```ts
 * import { BaseWorker } from "junicorn/worker";
 *
 * export default class Shy extends BaseWorker {
 *   protected override hasRoom(): boolean {
 *     return this.connections < 10;
 *   }
 * }
 * ```
 *
 * As it is, it is the `async` class, without WebSocket hooks unless `webSockets` says otherwise: connections are accepted while there is room, HTTP is spoken by the engine that
 * `httpEngine` names, and the application runs in the worker's main thread. See docs/worker-classes.md.
 */
export class BaseWorker implements WorkerClass {
  /** Whether applications' WebSocket hooks are served; where they are not, clients get 501. */
  static readonly webSockets: boolean = false;
  /** Whether a request that outlasts `timeout` counts as a worker that hangs: for classes that serve one request at a time. */
  readonly timesRequests: boolean = false;
  /** What the worker gives to its class: the settings, the log, the service that has requests answered. */
  protected readonly host: WorkerHost;
  readonly #engine: Engine;
  readonly #acceptor: AcceptorLike;
  #lastCall: LastCall | null = null;

  constructor(host: WorkerHost, makeEngine: MakeEngine = chosen(host)) {
    this.host = host;
    this.#engine = host.engine(makeEngine, {
      keepAliveMs: host.keepAliveMs,
      events: {
        exchange: (exchange) => this.arrived(exchange),
        closed: () => this.#closed(),
        refused: (refusal) => host.refused(refusal),
        noted: (text) => host.note(text),
      },
    });
    this.#acceptor = host.acceptor(
      (fd, address, port, listener) => {
        this.#engine.adopt(fd, address, port, listener);
        host.connectionsChanged(this.#engine.connections);
        if (!this.hasRoom()) this.#acceptor.pause();
      },
      { balanced: true },
    );
  }

  /** Connections open, idle ones included. */
  get connections(): number {
    return this.#engine.connections;
  }

  /** The listeners are not given up yet. */
  get holdsListeners(): boolean {
    return !this.#acceptor.closed;
  }

  start(): void {
    this.#acceptor.resume();
  }

  announce(): void {
    this.#engine.announce();
  }

  drain({ queue, orphans, graceMs }: DrainPlan): void {
    if (queue === "leave") this.#acceptor.close(orphans);
    if (!this.#acceptor.closed) this.#lastCall = new LastCall(this.#acceptor);
    this.#engine.drain(graceMs);
  }

  /** Among many requests nobody knows whose error it was: those that can still be answered are. */
  blame(_error: unknown): void {}

  destroy(): number {
    this.#lastCall?.end();
    this.#acceptor.close();
    return this.#engine.destroy();
  }

  // --- for classes of your own ---

  /** Whether one more connection may be accepted. Asked after each, and whenever one closes; see `makeRoom`. */
  protected hasRoom(): boolean {
    return this.connections < this.host.maxConnections;
  }

  /** Something else than a closed connection may have made room: accepts again if so. */
  protected makeRoom(): void {
    if (this.hasRoom()) this.#acceptor.resume();
  }

  /** A request's head is here. Must hand it to `this.host.service`, now or later, or answer it itself. */
  protected arrived(exchange: Exchange): void {
    this.host.service.handle(exchange);
  }

  // --- internal ---

  #closed(): void {
    this.host.connectionsChanged(this.#engine.connections);
    this.makeRoom();
  }
}

// --- internal ---

function chosen(host: WorkerHost): MakeEngine {
  return (options) => {
    const { engine, fallback } = chooseEngine(host.httpEngine, options);
    if (fallback !== null) host.note(`Serving on the llhttp engine: ${fallback}`);
    return engine;
  };
}
