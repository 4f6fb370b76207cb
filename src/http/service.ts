/** The service: what happens around every request, whatever the worker class, the engine and the interface. */

import { JunicornError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { AccessLog } from "./access-log.ts";
import type { AppHandler, Exchange, ExchangeObserver, FailureSink } from "./exchange.ts";
import { answerFailure, describeFailure } from "./failure.ts";
import { Health } from "./health.ts";
import { RequestDeadlines } from "./request-deadlines.ts";
import type { Telemetry } from "./telemetry.ts";

export interface ServiceOptions {
  readonly log: Log;
  readonly accessLog: AccessLog | null;
  readonly telemetry: Telemetry;
  /** Longest time for an answer, in seconds; 0 or absent: no limit. */
  readonly requestTimeout?: number;
  /** Path of the health check; null or absent: none. */
  readonly healthPath?: string | null;
}

export class Service implements ExchangeObserver, FailureSink {
  /** The application; set once it is loaded and before the first exchange. */
  app: AppHandler = { handle: (exchange) => this.fail(exchange, new Error("no application is loaded")) };
  /** Requests that have begun and are not over. */
  inFlight = 0;
  /** Told after each exchange that is over: a worker class counts, recycles or accepts again here. */
  onOver: (() => void) | null = null;
  /** Answers the health check, where there is one. */
  readonly health: Health | null;

  readonly #log: Log;
  readonly #accessLog: AccessLog | null;
  readonly #telemetry: Telemetry;
  readonly #deadlines: RequestDeadlines | null;
  #serial = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(options: ServiceOptions) {
    this.#log = options.log;
    this.#accessLog = options.accessLog;
    this.#telemetry = options.telemetry;
    const { requestTimeout = 0, healthPath = null } = options;
    this.#deadlines = requestTimeout === 0 ? null : new RequestDeadlines(requestTimeout, this.#expired);
    this.health = healthPath === null ? null : new Health(healthPath, () => this.onOver?.());
  }

  /** Takes a request from an engine and has the application answer it. Never throws. */
  handle(exchange: Exchange): void {
    if (this.health?.answers(exchange) === true) return;
    exchange.startedAt = performance.now();
    exchange.observer = this;
    exchange.serial = ++this.#serial;
    this.inFlight++;
    this.#deadlines?.add(exchange);
    exchange.row = this.#telemetry.begin(exchange);
    try {
      this.app.handle(exchange);
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  exchangeOver(exchange: Exchange): void {
    const milliseconds = performance.now() - exchange.startedAt;
    this.inFlight--;
    this.#deadlines?.delete(exchange);
    this.#telemetry.end(exchange.row, exchange, milliseconds);
    this.#accessLog?.log(exchange, milliseconds);
    this.onOver?.();
    if (this.inFlight === 0 && this.#idleWaiters.length > 0) for (const wake of this.#idleWaiters.splice(0)) wake();
  }

  /** Those that hang a worker are looked for among the requests in flight, where open WebSockets would hide them. */
  exchangeUpgraded(exchange: Exchange): void {
    this.#telemetry.upgraded?.(exchange.row);
    exchange.row = -1;
  }

  /** Resolves once no request is in flight; at once if none is. */
  idle(): Promise<void> {
    if (this.inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
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

  /** Its time is up: the client is told, then the application, which may have something to stop. */
  readonly #expired = (exchange: Exchange, seconds: number): void => {
    const error = new JunicornError("ERR_REQUEST_DEADLINE", { seconds });
    this.fail(exchange, error);
    exchange.expired = true;
    const listener = exchange.onAbort;
    exchange.onAbort = null;
    listener?.(error);
  };
}
