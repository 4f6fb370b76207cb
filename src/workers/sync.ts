/**
 * The sync class: one connection at a time, accepted only when idle; the rest waits in the kernel's backlog for an idle worker.
 *
 * A connection whose request has not come within PARK_MS is *parked*: it no longer keeps the worker from accepting. Should its request come
 * while another is served, it waits here and is served before anything new is accepted, so there are never two requests at once.
 */

import { AsyncResource } from "node:async_hooks";

import type { Engine, EngineOptions, ListenerInfo } from "../engines/engine.ts";
import { llhttpEngine } from "../engines/llhttp/make.ts";
import { JunicornError } from "../base/errors.ts";
import type { Exchange } from "../http/exchange.ts";
import { LastCall } from "./leaving/last-call.ts";
import type { AcceptorLike, DrainPlan, WorkerClass, WorkerHost } from "./worker-class.ts";

/** How long an accepted connection keeps the worker to itself before its request has come. */
export const PARK_MS = 100;

/** With so many parked this is no accident: others that come without their request are parked in no time. */
const CROWD = 8;
const CROWD_PARK_MS = 1;

/** How many connections are answered before timers and signals get their turn. */
const IN_A_ROW = 16;

export function createSync(host: WorkerHost, makeEngine = llhttpEngine): WorkerClass {
  return new SyncClass(host, makeEngine);
}

// --- internal ---

class SyncClass implements WorkerClass {
  readonly timesRequests = true;
  readonly #host: WorkerHost;
  readonly #engine: Engine;
  readonly #acceptor: AcceptorLike;
  #lastCall: LastCall | null = null;
  /** Being served. */
  #current: Exchange | null = null;
  /** Requests of parked connections that came while another was served. */
  readonly #waiting: Exchange[] = [];
  /** The connection accepted last, while its request is awaited. */
  #awaited: { readonly address: string; readonly port: number } | null = null;
  readonly #parking: NodeJS.Timeout;
  /** An accepted connection is being handed to the engine: what is answered meanwhile needs no further turn of the loop. */
  #taking = false;

  constructor(host: WorkerHost, makeEngine: (options: EngineOptions) => Engine) {
    this.#host = host;
    this.#engine = host.engine(makeEngine, {
      keepAliveMs: 0,
      // One would hold the worker for as long as it lasts.
      withoutUpgrades: true,
      events: {
        exchange: (exchange) => this.#arrived(exchange),
        closed: () => this.#closed(),
        refused: (refusal) => {
          this.#awaited = null;
          host.refused(refusal);
          // Its connection may stay for a while: it is told of its end, or (HTTP/2) has other requests.
          if (this.#current === null && !this.#taking) setImmediate(this.#next);
        },
      },
    });
    this.#acceptor = host.acceptor((fd, address, port, listener) => this.#accepted(fd, address, port, listener));
    // One timer for the life of the worker: re-armed for each connection, which costs far less than making one.
    this.#parking = setTimeout(() => this.#park(), PARK_MS).unref();
    host.service.onOver = () => this.#over();
  }

  get connections(): number {
    return this.#engine.connections;
  }

  get holdsListeners(): boolean {
    return !this.#acceptor.closed;
  }

  start(): void {
    this.#next();
  }

  /** Every answer ends its connection anyway. */
  announce(): void {
    this.#engine.announce();
  }

  drain({ queue, orphans, graceMs }: DrainPlan): void {
    if (queue === "leave") this.#acceptor.close(orphans);
    if (!this.#acceptor.closed) this.#lastCall = new LastCall(this.#acceptor);
    this.#engine.drain(graceMs);
  }

  /** With one request at a time there is no doubt whose error it is. */
  blame(error: unknown): void {
    if (this.#current !== null) this.#host.service.fail(this.#current, error);
  }

  destroy(): number {
    clearTimeout(this.#parking);
    this.#lastCall?.end();
    this.#acceptor.close();
    for (const exchange of this.#waiting.splice(0))
      this.#host.service.fail(exchange, new JunicornError("ERR_WORKER_STOPPING"));
    return this.#engine.destroy();
  }

  #accepted(fd: number, address: string, port: number, listener: ListenerInfo): void {
    this.#awaited = { address, port };
    this.#taking = true;
    this.#engine.adopt(fd, address, port, listener);
    this.#taking = false;
    this.#host.connectionsChanged(this.#engine.connections);
    if (this.#idle) return; // answered already, as most are: the listener is as it was
    this.#acceptor.pause();
    if (this.#awaited !== null) this.#parkLater();
  }

  get #idle(): boolean {
    return this.#current === null && this.#awaited === null && this.#waiting.length === 0;
  }

  #arrived(exchange: Exchange): void {
    const awaited = this.#awaited;
    const { remoteAddress, remotePort, via } = exchange.peer;
    const { address, port } = via === null ? { address: remoteAddress, port: remotePort } : via.proxy;
    if (awaited !== null && awaited.port === port && awaited.address === address) this.#awaited = null;
    if (this.#current !== null) {
      this.#waiting.push(exchange);
      return;
    }
    if (!this.#taking) this.#acceptor.pause();
    this.#serve(exchange);
  }

  #serve(exchange: Exchange): void {
    this.#current = exchange;
    this.#host.service.handle(exchange);
  }

  /** The answer is in the kernel: whatever the connection does from here on is no concern of ours. */
  #over(): void {
    this.#current = null;
    // A turn of the loop in between, so that timers and signals are not starved, nor the engine called from within itself.
    if (!this.#taking) setImmediate(this.#nextAfter);
  }

  readonly #next = (): void => {
    if (this.#current !== null) return;
    const waiting = this.#nextWaiting();
    if (waiting !== undefined) return this.#serve(waiting);
    // Under load connections wait already: taking them now saves switching the poll on and off.
    for (let taken = 0; taken < IN_A_ROW; taken++) {
      if (this.#awaited !== null || this.#acceptor.accepting) return;
      if (this.#engine.connections >= this.#host.maxConnections) return;
      if (!this.#acceptor.acceptNow()) return this.#acceptor.resume();
      if (!this.#idle) return;
    }
    setImmediate(this.#next);
  };

  /** Outside the context of the request that is over. */
  readonly #nextAfter = AsyncResource.bind(this.#next);

  /** Those whose clients have left meanwhile are passed over. */
  #nextWaiting(): Exchange | undefined {
    let exchange = this.#waiting.shift();
    while (exchange?.over) exchange = this.#waiting.shift();
    return exchange;
  }

  #parkLater(): void {
    if (this.#engine.connections <= CROWD) this.#parking.refresh();
    else setTimeout(() => this.#park(), CROWD_PARK_MS).unref();
  }

  #park(): void {
    if (this.#awaited === null) return;
    this.#awaited = null;
    this.#next();
  }

  #closed(): void {
    const connections = this.#engine.connections;
    this.#host.connectionsChanged(connections);
    if (connections === 0) this.#awaited = null;
    if (this.#current === null && !this.#taking) setImmediate(this.#next);
  }
}
