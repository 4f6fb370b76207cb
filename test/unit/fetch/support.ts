/** Serves one request with a fetch app, on an exchange that remembers how it was answered. */

import { createFetchHandler, type FetchApp } from "../../../src/adapters/fetch/index.ts";
import type { AdapterOptions } from "../../../src/adapters/options.ts";
import type { AppHandler, HeaderList } from "../../../src/http/exchange.ts";
import { RecordingExchange, type RecordingOptions } from "../../support/recording-exchange.ts";
import { RecordingLog } from "../../support/recording-log.ts";

export interface ServeOptions extends Omit<RecordingOptions, "body"> {
  body?: (string | Uint8Array)[];
  /** write() returns false from the start. */
  full?: boolean;
  /** Thrown by respond() and start(). */
  refuse?: Error;
}

export class CountingExchange extends RecordingExchange {
  /** Names of the calls that answered it, in order. */
  readonly calls: string[] = [];
  readonly #refuse: Error | undefined;

  constructor({ full, refuse, body, ...options }: ServeOptions = {}) {
    super({
      ...options,
      ...(body && { body: body.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk)) }),
    });
    this.full = full ?? false;
    this.#refuse = refuse;
  }

  override respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    if (this.#refuse) throw this.#refuse;
    this.calls.push("respond");
    super.start(status, reason, headers);
    if (body !== null && body.length > 0) super.write(body);
    super.end();
  }
  override start(status: number, reason: string, headers: HeaderList): void {
    if (this.#refuse) throw this.#refuse;
    this.calls.push("start");
    super.start(status, reason, headers);
  }
  override write(chunk: string | Uint8Array): boolean {
    this.calls.push("write");
    return super.write(chunk);
  }
  override end(trailers?: HeaderList): void {
    this.calls.push("end");
    super.end(trailers);
  }

  /** Lets the event loop turn until `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.turns(1);
  }
  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface Served {
  exchange: CountingExchange;
  handler: AppHandler;
  /** What the app did wrong. */
  failures: unknown[];
  log: RecordingLog;
}

/** The request is on its way when this returns; a synchronous handler has answered it. */
export function serve(app: unknown, options: ServeOptions = {}, handler?: AppHandler): Served {
  return serveWith(app as FetchApp, options, true, handler);
}

/** As with `--no-fast-fetch`. */
export function serveWithNode(app: (request: Request, info: unknown) => unknown, options: ServeOptions = {}): Served {
  return serveWith(app, options, false);
}

// --- internal ---

function serveWith(app: FetchApp, options: ServeOptions, fastFetch: boolean, handler?: AppHandler): Served {
  const failures: unknown[] = [];
  const log = new RecordingLog();
  handler ??= createFetchHandler(app, adapterOptions(failures, log, fastFetch));
  const exchange = new CountingExchange(options);
  handler.handle(exchange);
  return { exchange, handler, failures, log };
}

function adapterOptions(failures: unknown[], log: RecordingLog, fastFetch: boolean): AdapterOptions {
  return {
    failures: {
      fail(exchange, error) {
        failures.push(error);
        if (exchange.started) exchange.abort(error as Error);
      },
    },
    log,
    headerMap: "drop",
    forwarderHeaders: [],
    multithread: false,
    multiprocess: false,
    fastFetch,
  };
}
