/** The HTTP/2 engine: sessions of `node:http2` over connections that somebody else has opened, and whose client wants to speak HTTP/2. */

import type { ServerSessionOptions } from "node:http2";
import type { Duplex } from "node:stream";
import { JunicornError } from "../../base/errors.ts";
import type { Peer } from "../../http/exchange.ts";
import { ResponseHead } from "../../http/response-head.ts";
import { native } from "../../native.ts";
import { DeadlineQueue } from "../deadlines.ts";
import type {
  EngineEvents,
  EngineLimits,
  EngineOptions,
  Http2Limits,
  SecureConnection,
  SecureEngine,
} from "../engine.ts";
import { ConnectionPeer } from "../peer.ts";
import { SlowClients } from "../slow-clients.ts";
import type { H2Host } from "./host.ts";
import type { Outbox } from "./outbox.ts";
import { H2Session } from "./session.ts";

/** How long a client may take to show that it has heard of our leaving. */
const NOTICE_MS = 1000;
/** After our last word: how long it may take to close its side. */
const LINGER_MS = 2000;
/** When draining, a connection that has not sent anything yet gets this long: its request may be on the way. */
const FRESH_MS = 1000;
/** How often deadlines are looked at: they are late by this much at most. */
const SWEEP_MS = 250;

export class H2Engine implements H2Host, SecureEngine {
  readonly events: EngineEvents;
  readonly limits: EngineLimits;
  readonly head: ResponseHead;
  readonly serverHeader: string;
  readonly bodyLimit: number;
  readonly maxConcurrentStreams: number;
  readonly maxHeaderListSize: number;
  readonly sessionOptions: ServerSessionOptions;
  readonly slowClients: SlowClients;
  readonly headerQueue: DeadlineQueue;
  readonly idleQueue: DeadlineQueue;
  readonly writeQueue: DeadlineQueue;
  readonly noticeQueue = new DeadlineQueue(NOTICE_MS, (session: H2Session) => session.lastCall());
  readonly lingerQueue = new DeadlineQueue(LINGER_MS, (session: H2Session) => session.giveUp());

  readonly #freshQueue = new DeadlineQueue(FRESH_MS, (session: H2Session) => session.lastCall());
  readonly #keeps: boolean;
  readonly #trusts: EngineOptions["trusts"];
  readonly #sessions = new Set<H2Session>();
  readonly #timer: NodeJS.Timeout;
  #announced = false;
  #draining = false;

  constructor(options: EngineOptions, http2: Http2Limits) {
    this.events = options.events;
    this.limits = options.limits;
    this.serverHeader = options.serverHeader;
    this.bodyLimit = options.limits.body;
    this.head = new ResponseHead("", options.keepAliveMs / 1000);
    this.maxConcurrentStreams = http2.maxConcurrentStreams;
    this.maxHeaderListSize = http2.maxHeaderListSize;
    this.sessionOptions = sessionOptions(options.limits, http2);
    // Of streams, of which many share a connection, it cannot tell who takes nothing: outboxes do.
    this.slowClients = new SlowClients({ bodyMs: options.bodyTimeoutMs, writeMs: 0 });
    this.writeQueue = new DeadlineQueue(options.writeTimeoutMs, (outbox: Outbox) => outbox.expired());
    this.headerQueue = new DeadlineQueue(options.headerTimeoutMs, (session: H2Session) => session.headerTimedOut());
    this.idleQueue = new DeadlineQueue(options.keepAliveMs, (session: H2Session) => session.leave());
    this.#keeps = options.keepAliveMs > 0;
    this.#trusts = options.trusts;
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** Connections open, in any state. */
  get connections(): number {
    return this.#sessions.size;
  }

  get keepsConnections(): boolean {
    return this.#keeps && !this.#announced;
  }

  adoptSecure(connection: SecureConnection): void {
    if (connection.socket.destroyed) return this.events.closed();
    connection.socket.setNoDelay(true);
    this.take(connection.socket, new ConnectionPeer(native(), connection, this.#trusts(connection.address)));
  }

  /** Takes a connection whose client is about to send the preface of HTTP/2, or has just done so. */
  take(socket: Duplex, peer: Peer): void {
    const session = new H2Session(this, socket, peer);
    this.#sessions.add(session);
    if (this.#draining) this.#freshQueue.arm(session, performance.now());
  }

  /** As for any engine; clients can be told at once, in the middle of requests. */
  announce(): void {
    this.#announced = true;
    for (const session of this.#sessions) if (!session.fresh) session.leave();
  }

  /** No client needs a grace, for what it has sent is known to be here before its session ends. 0: nothing new is taken. */
  drain(graceMs: number): void {
    this.announce();
    this.#draining = true;
    const now = performance.now();
    for (const session of this.#sessions) {
      if (graceMs === 0) session.lastCall();
      else if (session.fresh) this.#freshQueue.arm(session, now);
    }
  }

  destroy(): number {
    const reason = new JunicornError("ERR_WORKER_STOPPING");
    const cut = this.#sessions.size;
    for (const session of [...this.#sessions]) session.destroy(reason);
    clearInterval(this.#timer);
    return cut;
  }

  closed(session: H2Session): void {
    this.#sessions.delete(session);
    this.events.closed();
  }

  // --- internal ---

  #sweep(): void {
    const now = performance.now();
    this.slowClients.sweep(now);
    for (const session of this.#sessions) session.lookAtWire(now);
    this.writeQueue.sweep(now);
    this.headerQueue.sweep(now);
    this.idleQueue.sweep(now);
    this.noticeQueue.sweep(now);
    this.lingerQueue.sweep(now);
    this.#freshQueue.sweep(now);
  }
}

// --- internal ---

/** The four pseudo-fields of a request. */
const PSEUDO_FIELDS = 4;
/** Beyond the fields that are allowed, so that a client with a few too many is told so, and one with thousands costs nothing. */
const SPARE_FIELDS = 100;
/** nghttp2's own bound where there is no limit. */
const MOST_FIELDS = 32_768;
/** What a session may take of memory, in MB, for its fields, frames and queues: Node's own figure, and more for those who allow many streams. */
const SESSION_MB = 10;
const STREAMS_PER_MB = 20;

function sessionOptions(limits: EngineLimits, http2: Http2Limits): ServerSessionOptions {
  const { maxConcurrentStreams, initialWindowSize, maxFrameSize, maxHeaderListSize } = http2;
  return {
    maxHeaderListPairs: Math.min(MOST_FIELDS, (limits.fields || MOST_FIELDS) + PSEUDO_FIELDS + SPARE_FIELDS),
    maxSessionMemory: Math.max(SESSION_MB, Math.ceil(maxConcurrentStreams / STREAMS_PER_MB)),
    settings: { maxConcurrentStreams, initialWindowSize, maxFrameSize, maxHeaderListSize, enablePush: false },
  };
}
