/** The service: what happens around every request, whatever the worker class, the engine and the interface. */

import { rowOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { AccessLog } from "./access-log.ts";
import { errorAnswer } from "./error-page.ts";
import type { AppHandler, Exchange, ExchangeObserver, FailureSink } from "./exchange.ts";
import { describeFailure } from "./failure.ts";
import { statusPhrase } from "./status.ts";
import type { Telemetry } from "./telemetry.ts";

export interface ServiceOptions {
  readonly log: Log;
  readonly accessLog: AccessLog | null;
  readonly telemetry: Telemetry;
}

export class Service implements ExchangeObserver, FailureSink {
  /** The application; set once it is loaded and before the first exchange. */
  app: AppHandler = { handle: (exchange) => this.fail(exchange, new Error("no application is loaded")) };
  /** Requests that have begun and are not over. */
  inFlight = 0;
  /** Told after each exchange that is over: a worker class counts, recycles or accepts again here. */
  onOver: (() => void) | null = null;

  readonly #log: Log;
  readonly #accessLog: AccessLog | null;
  readonly #telemetry: Telemetry;
  #idleWaiters: (() => void)[] = [];

  constructor(options: ServiceOptions) {
    this.#log = options.log;
    this.#accessLog = options.accessLog;
    this.#telemetry = options.telemetry;
  }

  /** Takes a request from an engine and has the application answer it. Never throws. */
  handle(exchange: Exchange): void {
    exchange.startedAt = performance.now();
    exchange.observer = this;
    this.inFlight++;
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
    this.#telemetry.end(exchange.row, exchange, milliseconds);
    this.#accessLog?.log(exchange, milliseconds);
    this.onOver?.();
    if (this.inFlight === 0 && this.#idleWaiters.length > 0) for (const wake of this.#idleWaiters.splice(0)) wake();
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
    if (exchange.over || exchange.ended) return;
    if (exchange.started)
      return exchange.abort(error instanceof Error ? error : new Error("the application failed", { cause: error }));
    const status = rowOf(error)?.status ?? 500;
    const reason = statusPhrase(status);
    const { headers, body } = errorAnswer(status, reason);
    exchange.respond(status, reason, headers, body);
  }
}
