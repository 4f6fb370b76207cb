/**
 * A worker's way out, the same for every class and whatever made it leave. In order: health checks fail, and every answer ends its connection;
 * after `drainDelay` nothing more is accepted, or only what waits already; requests are finished; idle connections are closed; when
 * `gracefulTimeout` is over, whoever is left is told and then cut.
 */

import { setTimeout as sleep } from "node:timers/promises";

import { JunicornError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Exchange } from "../../http/exchange.ts";
import { answerFailure } from "../../http/failure.ts";
import type { Service } from "../../http/service.ts";
import type { Clock } from "../../ipc/clock.ts";
import { WorkerState } from "../../ipc/scoreboard-layout.ts";
import type { ScoreboardSlot } from "../../ipc/scoreboard.ts";
import type { WebSockets } from "../../websocket/index.ts";
import type { Departure } from "./departure.ts";
import type { DrainResult } from "./drain-report.ts";
import { leaveWebSockets } from "../web-sockets.ts";
import type { WorkerClass } from "../worker-class.ts";

export interface DrainParts {
  readonly serving: WorkerClass;
  readonly service: Service;
  /** Null: none are served. */
  readonly webSockets: WebSockets | null;
  readonly departure: Departure;
  readonly slot: Pick<ScoreboardSlot, "get" | "set">;
  readonly log: Log;
  readonly now: Clock;
  readonly drainDelayMs: number;
  readonly gracefulMs: number;
}

export class Drain {
  readonly #parts: DrainParts;
  readonly #began: number;
  readonly #answeredBefore: number;
  /** Told when time was up: requests without an answer, and answers under way. */
  #unanswered: Exchange[] = [];
  #streams: Exchange[] = [];

  /** The worker leaves from now on. */
  constructor(parts: DrainParts) {
    this.#parts = parts;
    this.#began = parts.now();
    this.#answeredBefore = this.#answered;
    parts.slot.set("state", WorkerState.DRAINING);
    if (parts.service.health !== null) parts.service.health.draining = true;
    parts.serving.announce();
  }

  /** Resolves when all is served, or time is up and the rest has been told, or somebody is in a hurry. */
  async finish(): Promise<void> {
    const { serving, departure, gracefulMs } = this.#parts;
    const delayMs = await this.#goOnAccepting();
    const { queue, orphans = [] } = departure.order;
    // Those that are still idle after the delay have had that long already.
    const graceMs = Math.max(0, Math.min(IDLE_GRACE_MS - delayMs, gracefulMs / 2));
    if (!departure.hasty) {
      serving.drain({ queue, orphans, graceMs });
      this.#closeWebSockets(gracefulMs);
      await this.#wait(gracefulMs, () => this.#isDone || departure.hasty);
    }
    if (departure.hasty) {
      serving.drain(AT_ONCE);
      this.#closeWebSockets(0);
      if (departure.wish === "abort") return;
      await this.#wait(QUICK_MS, () => !this.#hasRequests);
    }
    if (this.#isDone) return;
    serving.drain(AT_ONCE);
    this.#tell();
    await this.#wait(NOTICE_MS, () => !this.#hasRequests);
  }

  /** Cuts what is left. */
  cut(): DrainResult {
    const { serving, service, slot, now } = this.#parts;
    const result: DrainResult = {
      milliseconds: now() - this.#began,
      served: this.#answered - this.#answeredBefore - this.#unanswered.length,
      idle: Math.max(0, serving.connections - service.inFlight),
      requests: this.#unanswered,
      streams: this.#streams.filter((exchange) => !exchange.over || exchange.aborted),
      webSockets: service.upgrades,
    };
    serving.destroy();
    slot.set("cutIdle", result.idle);
    slot.set("cutRequests", result.requests.length);
    slot.set("cutStreams", result.streams.length);
    slot.set("cutWebSockets", result.webSockets);
    return result;
  }

  // --- internal ---

  get #answered(): number {
    const { slot } = this.#parts;
    return slot.get("requests") - slot.get("active");
  }

  get #isDone(): boolean {
    const { serving, service } = this.#parts;
    return !serving.holdsListeners && serving.connections === 0 && service.inFlight === 0;
  }

  get #hasRequests(): boolean {
    const { service } = this.#parts;
    return service.inFlight > service.upgrades;
  }

  /** For load balancers that look at health checks, and for a master that may have another order. Returns the delay that was asked for, in ms. */
  async #goOnAccepting(): Promise<number> {
    const { departure, drainDelayMs } = this.#parts;
    const delayMs = departure.order.alone ? 0 : drainDelayMs;
    if (departure.order.provisional) await this.#wait(ORDER_MS, () => !departure.order.provisional || departure.hasty);
    await this.#wait(delayMs, () => departure.hasty);
    return delayMs;
  }

  #closeWebSockets(withinMs: number): void {
    const { webSockets, departure, log } = this.#parts;
    if (webSockets !== null) leaveWebSockets(webSockets, departure.order.cause !== "stop", withinMs, log);
  }

  /** Whoever has no answer gets 503. Answers under way may still be brought to an end by applications that heed it. */
  #tell(): void {
    const { service } = this.#parts;
    const reason = new JunicornError("ERR_WORKER_STOPPING");
    for (const exchange of service.requests) {
      if (exchange.started) this.#streams.push(exchange);
      else {
        this.#unanswered.push(exchange);
        answerFailure(exchange, reason);
      }
      service.tell(exchange, reason);
    }
  }

  async #wait(forMs: number, done: () => boolean): Promise<void> {
    const { now } = this.#parts;
    const deadline = now() + forMs;
    while (!done() && now() < deadline) await sleep(Math.min(POLL_MS, deadline - now()));
  }
}

// --- internal ---

const POLL_MS = 10;

/**
 * How long idle connections may bring one more request, which is told that it is the last: a client that is about to send one cannot know that we
 * are about to close. Most clients that use their connections at all do so within it.
 */
const IDLE_GRACE_MS = 1500;

/** After a signal from outside: how long the master has to say that the whole server stops. Until then everything goes on. */
const ORDER_MS = 300;

/** In a hurry: what requests in progress still get. Gunicorn's figure. */
const QUICK_MS = 100;

/** Between telling applications and cutting their connections. */
const NOTICE_MS = 250;

const AT_ONCE = { queue: "leave", orphans: [], graceMs: 0 } as const;
