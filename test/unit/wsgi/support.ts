/** Runs a WSGI app over a recorded exchange. */

import { createWsgiHandler } from "../../../src/adapters/wsgi/index.ts";
import type { WsgiApp } from "../../../src/adapters/wsgi/types.ts";
import type { HeaderMap } from "../../../src/adapters/options.ts";
import type { Exchange, FailureSink } from "../../../src/http/exchange.ts";
import { RecordingExchange, type RecordingOptions } from "../../support/recording-exchange.ts";
import { RecordingLog } from "../../support/recording-log.ts";

/** Notes failures and ends the exchange as the service would. */
export class RecordingFailures implements FailureSink {
  readonly errors: unknown[] = [];
  fail(exchange: Exchange, error: unknown): void {
    this.errors.push(error);
    if (exchange.over || exchange.ended) return;
    if (exchange.started) exchange.abort(error as Error);
    else exchange.respond(500, "", [], "failed");
  }
  get messages(): string[] {
    return this.errors.map((error) => (error instanceof Error ? error.message : String(error)));
  }
}

export interface Served {
  exchange: RecordingExchange;
  failures: RecordingFailures;
  log: RecordingLog;
}

export interface ServeOptions extends RecordingOptions {
  headerMap?: HeaderMap;
  forwarderHeaders?: readonly string[];
  exchange?: RecordingExchange;
}

/** Hands the request to the app; the exchange is not over yet. */
export function begin(app: WsgiApp, options: ServeOptions = {}): Served {
  const failures = new RecordingFailures();
  const log = new RecordingLog();
  const handler = createWsgiHandler(app, {
    failures,
    log,
    headerMap: options.headerMap ?? "drop",
    forwarderHeaders: options.forwarderHeaders ?? [],
    multithread: false,
    multiprocess: true,
    fastFetch: false,
  });
  const exchange = options.exchange ?? new RecordingExchange(options);
  handler.handle(exchange);
  return { exchange, failures, log };
}

/** Hands the request to the app and waits for the end of it. */
export async function serve(app: WsgiApp, options: ServeOptions = {}): Promise<Served> {
  const served = begin(app, options);
  await served.exchange.finished();
  return served;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Lets everything that is due happen, until the condition holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turns = 0; turns < 1000; turns++) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`waited in vain: ${what}`);
}
