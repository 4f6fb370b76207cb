/** The service: what happens around every request, whatever the worker class, the engine and the interface. */

// Not the global, which is a getter.
import { performance } from "node:perf_hooks";

import { JunicornError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { AccessLog } from "./access-log.ts";
import type { AppHandler, Exchange, ExchangeObserver, FailureSink } from "./exchange.ts";
import { answerFailure, describeFailure } from "./failure.ts";
import { Health } from "./health.ts";
import { InFlight } from "./in-flight.ts";
import { RequestDeadlines } from "./request-deadlines.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Trust } from "./trust/trust.ts";

export interface ServiceOptions {
  readonly log: Log;
  readonly accessLog: AccessLog | null;
  readonly telemetry: Telemetry;
  /** Longest time for an answer, in seconds; 0 or absent: no limit. */
  readonly requestTimeout?: number;
  /** Path of the health check; null or absent: none. */
  readonly healthPath?: string | null;
  /** Who may speak for clients; absent: nobody. */
  readonly trust?: Trust;
  /** Told once, when so many requests have begun. */
  readonly limit?: { readonly requests: number; reached(): void };
}

export class Service implements ExchangeObserver, FailureSink {
  /** The application; set once it is loaded and before the first exchange. */
  app: AppHandler = { handle: (exchange) => this.fail(exchange, new Error("no application is loaded")) };
  /** Told after each exchange that is over: a worker class counts, recycles or accepts again here. */
  onOver: (() => void) | null = null;
  /** Told before that of each request that is over: for the hooks of users. */
  afterRequest: ((exchange: Exchange, milliseconds: number) => void) | null = null;
  /** Answers the health check, where there is one. */
  readonly health: Health | null;

  readonly #inFlight = new InFlight();
  readonly #trust: Trust | null;
  readonly #limit: ServiceOptions["limit"];
  readonly #log: Log;
  readonly #accessLog: AccessLog | null;
  readonly #telemetry: Telemetry;
  readonly #deadlines: RequestDeadlines | null;
  #serial = 0;

  constructor(options: ServiceOptions) {
    this.#log = options.log;
    this.#accessLog = options.accessLog;
    this.#telemetry = options.telemetry;
    this.#trust = options.trust ?? null;
    this.#limit = options.limit;
    const { requestTimeout = 0, healthPath = null } = options;
    this.#deadlines = requestTimeout === 0 ? null : new RequestDeadlines(requestTimeout, this.#expired);
    this.health = healthPath === null ? null : new Health(healthPath, () => this.onOver?.());
  }

  /** Requests that have begun and are not over, upgraded connections included. */
  get inFlight(): number {
    return this.#inFlight.count;
  }

  /** Of those, the connections that were upgraded. */
  get upgrades(): number {
    return this.#inFlight.upgrades;
  }

  /** Those that are requests, oldest first. */
  get requests(): Exchange[] {
    return this.#inFlight.list();
  }

  /** Whether a peer of that address ("" on unix sockets) may speak for clients. */
  trusts(address: string): boolean {
    return this.#trust?.trusts(address) ?? false;
  }

  /** Takes a request from an engine and has the application answer it. Never throws. */
  handle(exchange: Exchange): void {
    if (this.health?.answers(exchange) === true) return;
    const peer = this.#trust === null ? exchange.peer : this.#trust.peerOf(exchange);
    if (peer !== null) exchange.peer = peer;
    if (exchange.startedAt === 0) exchange.startedAt = performance.now(); // else the engine has read the clock
    exchange.observer = this;
    exchange.serial = ++this.#serial;
    this.#deadlines?.add(exchange);
    exchange.row = this.#telemetry.begin(exchange);
    this.#inFlight.add(exchange);
    if (this.#serial === this.#limit?.requests) this.#limit.reached();
    if (peer === null) return this.fail(exchange, new JunicornError("ERR_FORWARDED_SCHEME"));
    try {
      this.app.handle(exchange);
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  exchangeOver(exchange: Exchange): void {
    const milliseconds = performance.now() - exchange.startedAt;
    this.#inFlight.delete(exchange);
    this.#deadlines?.delete(exchange);
    this.#telemetry.end(exchange.row, exchange, milliseconds);
    this.#accessLog?.log(exchange, milliseconds);
    this.afterRequest?.(exchange, milliseconds);
    this.onOver?.();
  }

  /** Those that hang a worker are looked for among the requests in flight, where open WebSockets would hide them. */
  exchangeUpgraded(exchange: Exchange): void {
    this.#inFlight.upgraded(exchange);
    exchange.row = this.#telemetry.upgraded?.(exchange.row) ?? -1;
  }

  /**
   * The application failed: logs it with its stack, answers with the error's status if nothing was sent, else cuts the answer, so that the
   * client cannot take it for complete. After a complete answer only the log is left.
   */
  fail(exchange: Exchange, error: unknown): void {
    const failure = describeFailure(exchange, error);
    this.#log.log(failure.level, failure.message);
    answerFailure(exchange, error);
  }

  /** Somebody else than the application ends a request: the client is told, then the application, which may have something to stop. */
  end(exchange: Exchange, reason: JunicornError): void {
    this.fail(exchange, reason);
    this.tell(exchange, reason);
  }

  /** Has the application hear that its answer is not wanted any more. What it sends all the same goes out as long as the connection stands. */
  tell(exchange: Exchange, reason: JunicornError): void {
    exchange.expired = true;
    const listener = exchange.onAbort;
    exchange.onAbort = null;
    listener?.(reason);
  }

  /** Ends the request of that number, if it is still in flight. */
  cancel(serial: number): void {
    const exchange = this.requests.find((candidate) => candidate.serial === serial);
    if (exchange !== undefined) this.end(exchange, new JunicornError("ERR_REQUEST_CANCELLED"));
  }

  readonly #expired = (exchange: Exchange, seconds: number): void => {
    this.end(exchange, new JunicornError("ERR_REQUEST_DEADLINE", { seconds }));
  };
}
