/** Runs a (req, res) application on recording exchanges. */

import type { RequestListener, Server } from "node:http";
import { createNodeHandler } from "../../../src/adapters/node/index.ts";
import type { AdapterOptions } from "../../../src/adapters/options.ts";
import type { AppHandler, Exchange } from "../../../src/http/exchange.ts";
import { RecordingExchange, type RecordingOptions } from "../../support/recording-exchange.ts";

export interface Failure {
  exchange: Exchange;
  error: unknown;
}

/** Options whose failure sink answers 500, as the service does, and remembers. */
export function adapterOptions(failures: Failure[] = []): AdapterOptions {
  const ignore = (): void => {};
  return {
    failures: {
      fail(exchange, error) {
        failures.push({ exchange, error });
        if (exchange.over || exchange.ended) return;
        if (exchange.started) exchange.abort(error as Error);
        else exchange.respond(500, "", [], "failed");
      },
    },
    log: { debug: ignore, info: ignore, warning: ignore, error: ignore, critical: ignore, log: ignore },
    headerMap: "drop",
    forwarderHeaders: [],
    multithread: false,
    multiprocess: false,
    fastFetch: false,
  };
}

export function handlerOf(app: unknown, failures?: Failure[]): AppHandler {
  return createNodeHandler(app as RequestListener | Server, adapterOptions(failures));
}

/** Sends one request to `app` and waits until its exchange is over. */
export async function request(
  app: unknown,
  options: RecordingOptions = {},
  failures?: Failure[],
): Promise<RecordingExchange> {
  const exchange = new RecordingExchange(options);
  handlerOf(app, failures).handle(exchange);
  return exchange.finished();
}

/** Lets everything that is due now happen: ticks, promises and one turn of the loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** The values that an answer has for a field. */
export function fields(exchange: Exchange, name: string): string[] {
  const list = exchange.responseHeaders;
  return list.filter((_, i) => i % 2 === 1 && list[i - 1]!.toLowerCase() === name.toLowerCase());
}
