/** The wsgi interface: PEP 3333 for JavaScript. */

import type { AppHandler, Exchange } from "../../http/exchange.ts";
import type { AdapterOptions } from "../options.ts";
import { BodyQueue } from "./body-queue.ts";
import { WsgiCall } from "./call.ts";
import { EnvironBuilder } from "./environ.ts";
import { WsgiInput } from "./input.ts";
import { wsgiOptionsOf } from "./mark.ts";
import type { WsgiApp } from "./types.ts";

/** Serves `app`, a function `(environ, startResponse)`, marked by `wsgi()` or not. */
export function createWsgiHandler(app: WsgiApp, options: AdapterOptions): AppHandler {
  return new WsgiHandler(app, options);
}

// --- internal ---

/** What is kept in memory of a body before the application is called, unless `wsgi()` says otherwise. */
const BUFFER_BODY = 1024 * 1024;

/** What waits for an application that reads as it comes. */
const FLOWING = 64 * 1024;

class WsgiHandler implements AppHandler {
  readonly #app: WsgiApp;
  readonly #options: AdapterOptions;
  readonly #environs: EnvironBuilder;
  readonly #bufferBody: number;

  constructor(app: WsgiApp, options: AdapterOptions) {
    this.#app = app;
    this.#options = options;
    this.#environs = new EnvironBuilder(options);
    this.#bufferBody = wsgiOptionsOf(app)?.bufferBody ?? BUFFER_BODY;
  }

  handle(exchange: Exchange): void | PromiseLike<void> {
    const queue = new BodyQueue(exchange, this.#bufferBody);
    // A body known to be too large to be buffered is left with the client until the application asks for it.
    if (queue.complete || exchange.contentLength > this.#bufferBody) return this.#call(exchange, queue);
    queue.onChange = () => {
      if (queue.error !== null) this.#options.failures.fail(exchange, queue.error);
      else if (queue.complete || queue.size > this.#bufferBody) void this.#call(exchange, queue);
    };
    queue.flow();
  }

  #call(exchange: Exchange, queue: BodyQueue): void | PromiseLike<void> {
    queue.limit = FLOWING;
    return new WsgiCall(exchange, new WsgiInput(queue, this.#bufferBody), this.#options).run(this.#app, this.#environs);
  }
}
