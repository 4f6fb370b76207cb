/**
 * Clients that stop in the middle: of sending a body that somebody waits for, or of taking an answer. Only connections in one of these states are
 * looked at, a few times a second, so those that are quick pay nothing.
 */

import { JunicornError } from "../base/errors.ts";
import type { EngineExchange } from "./engine-exchange.ts";

export interface WatchedExchange extends Pick<
  EngineExchange,
  "body" | "bodyBytes" | "bytesSent" | "complete" | "over"
> {
  /** Somebody is taking the body as it comes. */
  readonly bodyFlows: boolean;
  readonly bodyRequested: boolean;
}

/** The part of a connection, or of a stream of one, that is used. */
export interface WatchedConnection {
  readonly open: boolean;
  readonly reading: boolean;
  readonly exchange: WatchedExchange | null;
  /** Bytes of answers that wait to be taken; negative when it is broken. */
  queued(): number;
  cut(exchange: WatchedExchange, reason: Error): void;
}

export interface SlowClientLimits {
  /** Longest time without a byte of a body that is wanted, in ms; 0: no limit. */
  readonly bodyMs: number;
  /** Longest time in which a client takes nothing of an answer that waits for it, in ms; 0: no limit. */
  readonly writeMs: number;
}

/** How far a connection had come, and when it last was further than before. */
interface Progress {
  exchange: WatchedExchange | null;
  received: number;
  receivedAt: number;
  taken: number;
  takenAt: number;
}

export class SlowClients {
  readonly #limits: SlowClientLimits;
  readonly #watched = new Map<WatchedConnection, Progress>();
  #lookedAt = -Infinity;

  constructor(limits: SlowClientLimits) {
    this.#limits = limits;
  }

  /** The connection waits for its client, or may soon. */
  watch(connection: WatchedConnection): void {
    if (this.#watched.has(connection)) return;
    const now = performance.now();
    this.#watched.set(connection, {
      exchange: connection.exchange,
      received: -1,
      receivedAt: now,
      taken: -1,
      takenAt: now,
    });
  }

  /** It does not wait any more. Without this it is kept until it is looked at: too long for what is as short-lived as a stream. */
  forget(connection: WatchedConnection): void {
    this.#watched.delete(connection);
  }

  /** Called often; looks once in a while. */
  sweep(now: number): void {
    if (this.#watched.size === 0 || now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    for (const [connection, progress] of this.#watched) this.#check(connection, progress, now);
  }

  // --- internal ---

  #check(connection: WatchedConnection, progress: Progress, now: number): void {
    const { exchange } = connection;
    const queued = connection.open ? connection.queued() : 0;
    const receiving = connection.reading && exchange?.bodyFlows === true && !exchange.complete && !exchange.over;
    if (!connection.open || exchange === null || (queued <= 0 && !exchange.bodyRequested)) {
      this.#watched.delete(connection);
      return;
    }
    if (exchange !== progress.exchange) Object.assign(progress, { exchange, received: -1, taken: -1 });
    // A body that we do not read on is not the client's to send.
    if (!receiving || exchange.bodyBytes !== progress.received) progress.receivedAt = now;
    if (queued <= 0 || exchange.bytesSent - queued !== progress.taken) progress.takenAt = now;
    progress.received = exchange.bodyBytes;
    progress.taken = exchange.bytesSent - queued;
    const { bodyMs, writeMs } = this.#limits;
    if (bodyMs > 0 && now - progress.receivedAt >= bodyMs)
      exchange.body?.fail(new JunicornError("ERR_REQUEST_BODY_TIMEOUT", { seconds: bodyMs / 1000 }));
    if (writeMs > 0 && now - progress.takenAt >= writeMs)
      connection.cut(exchange, new JunicornError("ERR_WRITE_TIMEOUT", { seconds: writeMs / 1000 }));
  }
}

// --- internal ---

const LOOK_MS = 250;
