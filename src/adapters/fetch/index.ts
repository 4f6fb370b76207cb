/** The fetch interface: an Exchange becomes a Request, and what the handler returns becomes the answer. */

import { rowOf } from "../../base/errors.ts";
import type { AppHandler, Exchange } from "../../http/exchange.ts";
import type { AdapterOptions } from "../options.ts";
import { answer } from "./answer.ts";
import { LightRequest, nodeRequestOf } from "./classes/request.ts";
import { FetchInfo } from "./info.ts";

export { FetchInfo } from "./info.ts";
export { installFastFetch, uninstallFastFetch } from "./install.ts";

/** A fetch handler. What it returns is checked when it is there. */
export type FetchHandler = (request: Request, info: FetchInfo) => unknown;

/** An app of the fetch interface: `{ fetch(request, info) }` or the function itself. */
export type FetchApp = { fetch: FetchHandler } | FetchHandler;

export function createFetchHandler(app: FetchApp, options: AdapterOptions): AppHandler {
  // the method is looked up each time: apps replace it (hot reload), and it needs its `this`
  const call: FetchHandler = hasFetch(app) ? (request, info) => app.fetch(request, info) : app;
  return new FetchAdapter(call, options);
}

// --- internal ---

function hasFetch(app: FetchApp): app is Exclude<FetchApp, FetchHandler> {
  return typeof (app as { fetch?: unknown }).fetch === "function";
}

class FetchAdapter implements AppHandler {
  readonly #call: FetchHandler;
  readonly #options: AdapterOptions;

  constructor(call: FetchHandler, options: AdapterOptions) {
    this.#call = call;
    this.#options = options;
  }

  handle(exchange: Exchange): void | PromiseLike<void> {
    try {
      const light = new LightRequest(exchange);
      const info = new FetchInfo(exchange, light);
      const request = this.#options.fastFetch ? (light as unknown as Request) : toNodeRequest(light, exchange);
      if (request === null) return;
      const returned = this.#call(request, info);
      // a handler that is not async is answered without a promise
      if (isThenable(returned)) return this.#settle(exchange, returned);
      answer(exchange, returned, this.#options.failures);
    } catch (error) {
      this.#fail(exchange, error);
    }
  }

  #settle(exchange: Exchange, promise: PromiseLike<unknown>): PromiseLike<void> {
    return promise.then(
      (returned) => {
        try {
          answer(exchange, returned, this.#options.failures);
        } catch (error) {
          this.#fail(exchange, error);
        }
      },
      (error) => this.#fail(exchange, error),
    );
  }

  #fail(exchange: Exchange, error: unknown): void {
    if (exchange.aborted && !exchange.expired && isAbort(error)) {
      this.#options.log.debug(`${exchange.method} ${exchange.target}: given up, the client is gone`);
    } else {
      this.#options.failures.fail(exchange, error);
    }
  }
}

/** Node's own Request, for `--no-fast-fetch`; null (and an answer) for a method that it cannot have. */
function toNodeRequest(light: LightRequest, exchange: Exchange): Request | null {
  if (FORBIDDEN_METHODS.has(exchange.method.toUpperCase())) {
    exchange.respond(501, "", ["Content-Type", "text/plain"], `${exchange.method} is not supported\n`);
    return null;
  }
  const request = nodeRequestOf(light)!;
  Object.defineProperty(request, "ip", { value: exchange.peer.remoteAddress, configurable: true });
  return request;
}

/** https://fetch.spec.whatwg.org/#forbidden-method */
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** The application did as it was told by `request.signal`, or its reading of the body found the client gone. */
function isAbort(error: unknown): boolean {
  return (
    (error as Error | null)?.name === "AbortError" ||
    (rowOf(error) !== undefined && (error as { code?: string }).code === "ERR_CLIENT_GONE")
  );
}
