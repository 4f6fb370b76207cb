/** What a worker class is: when to accept, which engine speaks, where the application runs. Everything else is the worker's. */

import type { EngineChoice } from "../engines/choose.ts";
import type { Engine, EngineEvents, EngineOptions, ListenerInfo, Refusal } from "../engines/engine.ts";
import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import type { AppHandler, Exchange } from "../http/exchange.ts";
import type { Clock } from "../ipc/clock.ts";
import type { SlotField } from "../ipc/scoreboard-layout.ts";

/** The accepting end of all listeners; net/acceptor.ts, or a fake. Once closed it accepts nothing, whatever is asked. */
export interface AcceptorLike {
  readonly accepting: boolean;
  /** It has given up its listeners. */
  readonly closed: boolean;
  /** Nothing can be accepted for want of descriptors or memory. */
  readonly starved: boolean;
  /** Nothing new can get into the queues of the listeners that are left. */
  readonly gated: boolean;
  /** TCP clients that were let in before the gate was closed may still be about to send their requests. */
  readonly expectant: boolean;
  /** Sees to that as far as it is possible. */
  closeGate(): void;
  resume(): void;
  pause(): void;
  acceptNow(): boolean;
  /** Gives up all listeners but those of these descriptors. */
  close(kept?: readonly number[]): void;
}

export type OnAccept = (fd: number, address: string, port: number, listener: ListenerInfo) => void;

/** The part of the service that classes use. */
export interface ServiceLike {
  handle(exchange: Exchange): void;
  fail(exchange: Exchange, error: unknown): void;
  onOver: (() => void) | null;
  readonly inFlight: number;
}

/** What a class decides about its engine. */
export interface EngineDecisions {
  readonly keepAliveMs: number;
  readonly events: EngineEvents;
  /** The class has no place for connections that are taken over (WebSockets); the request for one is answered like any other. */
  readonly withoutUpgrades?: boolean;
}

/** What a worker gives to its class. */
export interface WorkerHost {
  readonly settings: Settings;
  readonly log: Log;
  readonly service: ServiceLike;
  /** Most connections open at once. */
  readonly maxConnections: number;
  readonly keepAliveMs: number;
  readonly httpEngine: EngineChoice;
  /** Tells something worth knowing about how the worker serves, once per server rather than once per worker. */
  note(message: string): void;
  /** Makes an engine from the settings and what the class decides. Called once. */
  engine(make: (options: EngineOptions) => Engine, chosen: EngineDecisions): Engine;
  /**
   * How many bytes of an answer the kernel may take before its client reads. Much is good for a class that is its client's until the kernel has the
   * answer, and is what it has unless it says otherwise. With many clients at once it is memory, of which the kernel has so much for all of them.
   */
  limitUnsent(bytes: number): void;
  /** `balanced`: leaves a connection to a less busy worker. A class that accepts only while idle has no need of it. */
  acceptor(onAccept: OnAccept, options?: { readonly balanced: boolean }): AcceptorLike;
  /** Logs a request that was refused. */
  refused(refusal: Refusal): void;
  /** For the scoreboard, whenever the number of open connections changes. */
  connectionsChanged(connections: number): void;
}

/** What a class that runs the application in threads needs besides. */
export interface ThreadsHost extends WorkerHost {
  readonly service: ServiceLike & { app: AppHandler };
  readonly slot: { set(field: SlotField, value: number): void };
  /** The clock of the scoreboard. */
  readonly now: Clock;
  /** With `reload`: the application's threads are made of these files. */
  sources(files: readonly string[]): void;
  /** Asks for a successor, and leaves once what is here has been served. */
  retire(reason: string): void;
  /** While the class is made: says what is waited for, should that never end. */
  explainWith(explain: () => Promise<string>): void;
}

/** How a worker stops accepting. */
export interface DrainPlan {
  /** Whether what waits in the accept queues is served before the listeners are given up, or left to other workers. */
  readonly queue: "serve" | "leave";
  /** Descriptors of listeners whose queue is served in any case. */
  readonly orphans: readonly number[];
  /** What an idle connection has for one more request. */
  readonly graceMs: number;
}

export interface WorkerClass {
  /** One request at a time, so that one that outlasts `timeout` counts as a hung worker. */
  readonly timesRequests: boolean;
  /** Connections open; with none left a draining worker has finished. */
  readonly connections: number;
  /** Whether requests can be served now; absent: whenever the worker runs. */
  readonly ready?: boolean;
  /** Begins to accept. */
  start(): void;
  /** The listeners are not given up yet. */
  readonly holdsListeners: boolean;
  /** The worker will leave: every answer ends its connection from now on. */
  announce(): void;
  /** Stops accepting for good; what is here is served, and idle connections are closed. */
  drain(plan: DrainPlan): void;
  /** An error came out of nowhere. If it can only be one request's, that request fails with it. */
  blame(error: unknown): void;
  /** Cuts what is left; returns how many connections that were. */
  destroy(): number;
  /** After that: lets the application's threads go. */
  close?(): Promise<void>;
}

export type WorkerClassFactory = (host: ThreadsHost) => WorkerClass | Promise<WorkerClass>;

/** An entry of the registry. */
export interface WorkerClassEntry {
  readonly create: WorkerClassFactory;
  /** The class loads the application itself, in threads; else the worker does, in its main thread. */
  readonly threads: boolean;
  /** The class serves WebSocket hooks. */
  readonly webSockets?: true;
}
