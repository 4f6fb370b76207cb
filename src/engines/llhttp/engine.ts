/** The llhttp engine: all of HTTP/1.0 and 1.1 over connections that the native addon reads, parses and writes. */

import { AsyncResource } from "node:async_hooks";
import type { Socket } from "node:net";
import { JunicornError } from "../../base/errors.ts";
import type { Via } from "../../http/exchange.ts";
import { ResponseHead } from "../../http/response-head.ts";
import type { RuleName } from "../../http/rules.ts";
import { StreamEvent, native, type Native } from "../../native.ts";
import type { Engine, EngineEvents, EngineOptions, ListenerInfo } from "../engine.ts";
import { Connection } from "./connection.ts";
import { DeadlineQueue } from "../deadlines.ts";
import type { LlhttpExchange } from "./exchange.ts";
import { refuse } from "./receive.ts";
import { SlowClients } from "../slow-clients.ts";
import { SpareParsers } from "../spare-parsers.ts";
import type { ConnectionHost } from "./host.ts";
import { ConnectionPeer, type Ends } from "../peer.ts";
import { plainTransport, type OnStreamEvent, type PlainTransport, type Transport } from "./transport.ts";

/** After closing our side: how long the peer may take to close its own (Gunicorn's figure). */
const LINGER_MS = 2000;
/** After closing an idle connection: a request that crosses our FIN is read, and its client not met with a reset. */
const PARTING_MS = 500;
/** After an answer to a request whose body still comes: how long without progress. */
const BODY_MS = 5000;
/** How often deadlines are looked at: they are late by this much at most. */
const SWEEP_MS = 250;
/** When draining, a connection that has not sent anything yet gets this long: its request may be on the way. */
const FRESH_MS = 1000;
/** Idle connections close after one of these parts of their grace, by chance, so that their clients do not all come back at once. */
const GRACE_SHARES = [0.7, 0.8, 0.9, 1];

export type MakeTransport = (onEvent: OnStreamEvent) => Transport;

export class LlhttpEngine implements Engine, ConnectionHost {
  readonly streams: Transport;
  readonly state: Int32Array;
  readonly rules: readonly string[];
  readonly parsers: SpareParsers;
  readonly head: ResponseHead;
  readonly events: EngineEvents;
  readonly bodyLimit: number;
  readonly slowClients: SlowClients;
  readonly headerQueue: DeadlineQueue;
  readonly idleQueue: DeadlineQueue;
  readonly bodyQueue = new DeadlineQueue(BODY_MS, (connection: Connection) => connection.close());
  readonly lingerQueue = new DeadlineQueue(LINGER_MS, (connection: Connection) => connection.close());
  readonly partingQueue = new DeadlineQueue(PARTING_MS, (connection: Connection) => connection.close());
  announced = false;
  draining = false;
  connections = 0;

  readonly #native: Native;
  readonly #options: EngineOptions;
  readonly #freshQueue = new DeadlineQueue(FRESH_MS, (connection: Connection) => connection.closeIfQuiet());
  #graceQueues: readonly DeadlineQueue[] = [];
  readonly #byId: (Connection | null)[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #heldHeads: LlhttpExchange[] = [];
  readonly #leftovers: Connection[] = [];
  readonly #timer: NodeJS.Timeout;

  /** `makeTransport`: for connections that are not plain; `adopt` and `refuse` are not for those. */
  constructor(options: EngineOptions, makeTransport: MakeTransport = plainTransport) {
    this.#options = options;
    this.#native = native();
    this.events = options.events;
    this.state = this.#native.parserState;
    this.rules = this.#native.parserRules;
    this.parsers = new SpareParsers(options.limits);
    this.head = new ResponseHead(options.serverHeader, options.keepAliveMs / 1000);
    this.headerQueue = new DeadlineQueue(options.headerTimeoutMs, (connection: Connection) =>
      connection.headerTimedOut(),
    );
    this.idleQueue = new DeadlineQueue(options.keepAliveMs, (connection: Connection) => connection.closeIfQuiet());
    this.bodyLimit = options.limits.body;
    this.slowClients = new SlowClients({ bodyMs: options.bodyTimeoutMs, writeMs: options.writeTimeoutMs });
    this.streams = makeTransport((id, event, value) => this.#onEvent(id, event, value));
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  adopt(fd: number, address: string, port: number, listener: ListenerInfo, via: Via | null = null): void {
    const connection = this.open(this.#plain.open(fd, true), { fd, address, port, listener, via, tls: null });
    // Most requests are here when their connection is: those that are answered at once spare the event loop the whole connection.
    connection.onOpen(this.streams.receive(connection.id));
  }

  refuse(fd: number, address: string, port: number, listener: ListenerInfo, rule: RuleName): void {
    const connection = this.open(this.#plain.open(fd, true), { fd, address, port, listener, via: null, tls: null });
    refuse(connection, rule);
    // To hear of its end, unless there is nobody to tell already.
    if (connection.open) connection.onOpen(this.streams.receive(connection.id));
  }

  announce(): void {
    this.announced = true;
  }

  drain(graceMs: number): void {
    if (this.draining) return;
    this.announce();
    this.draining = true;
    this.#graceQueues = GRACE_SHARES.map(
      (share) => new DeadlineQueue(Math.max(1, share * graceMs), (connection: Connection) => connection.closeIfQuiet()),
    );
    const now = performance.now();
    for (const connection of this.#byId) {
      if (!connection) continue;
      if (!connection.fresh) connection.prepareToClose();
      else if (connection.parser === null) this.#freshQueue.arm(connection, now);
    }
  }

  destroy(): number {
    const reason = new JunicornError("ERR_WORKER_STOPPING");
    const cut = this.connections;
    for (const connection of this.#byId.slice()) connection?.destroy(reason); // each takes itself out
    for (const socket of this.#sockets) socket.destroy();
    clearInterval(this.#timer);
    return cut;
  }

  // --- for connections ---

  get keepsConnections(): boolean {
    return this.#options.keepAliveMs > 0 && !this.announced;
  }

  acceptsUpgrade(): boolean {
    return Boolean(this.#options.webSockets) || this.#options.acceptsUpgrade();
  }

  flushSoon(exchange: LlhttpExchange): void {
    if (this.#heldHeads.push(exchange) === 1) queueMicrotask(() => this.#flushHeads());
  }

  continueSoon(connection: Connection): void {
    if (this.#leftovers.push(connection) === 1) setImmediate(this.#continueAll);
  }

  giveGrace(connection: Connection): void {
    const queue = this.#graceQueues[Math.floor(Math.random() * this.#graceQueues.length)]!;
    queue.arm(connection, performance.now());
  }

  closed(connection: Connection): void {
    this.#byId[connection.id] = null;
    this.connections--;
    this.events.closed();
  }

  upgraded(connection: Connection, socket: Socket): void {
    this.#byId[connection.id] = null;
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.connections--;
      this.events.closed();
    });
  }

  /** A connection of the transport's, which is quiet yet. */
  protected open(id: number, ends: Ends): Connection {
    const peer = new ConnectionPeer(this.#native, ends, this.#options.trusts(ends.address));
    const connection = new Connection(this, id, peer);
    this.#byId[id] = connection;
    this.connections++;
    (this.draining ? this.#freshQueue : this.headerQueue).arm(connection, performance.now());
    return connection;
  }

  // --- internal ---

  get #plain(): PlainTransport {
    return this.streams as PlainTransport;
  }

  #onEvent(id: number, event: number, value: number): void {
    const connection = this.#byId[id];
    if (!connection) return;
    switch (event) {
      case StreamEvent.READ:
        return connection.onRead(this.streams.readBuffer, value);
      case StreamEvent.END:
        return connection.onEnd();
      case StreamEvent.DRAIN:
        return connection.onDrain();
      case StreamEvent.ERROR:
        return connection.onError();
    }
  }

  #flushHeads(): void {
    for (const exchange of this.#heldHeads.splice(0)) exchange.flushHead();
  }

  /** Outside the contexts of the requests that came before. */
  readonly #continueAll = AsyncResource.bind(() => {
    for (const connection of this.#leftovers.splice(0)) connection.continueLeftover();
  });

  #sweep(): void {
    const now = performance.now();
    this.slowClients.sweep(now);
    this.headerQueue.sweep(now);
    this.idleQueue.sweep(now);
    this.bodyQueue.sweep(now);
    this.lingerQueue.sweep(now);
    this.partingQueue.sweep(now);
    for (const queue of this.#graceQueues) queue.sweep(now);
    this.#freshQueue.sweep(now);
  }
}
