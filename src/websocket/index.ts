/** WebSockets: takes the requests that ask for one out of the stream of exchanges, and hands the rest on. */

import { LightRequest } from "../adapters/fetch/classes/request.ts";
import { errorAnswer } from "../http/error-page.ts";
import type { AppHandler, Exchange, HeaderList } from "../http/exchange.ts";
import { statusPhrase } from "../http/status.ts";
import { speaksWebSocket } from "../http/websocket.ts";
import { asksForWebSocket, handshakeProblem } from "./handshake.ts";
import type { FindHooks } from "./hooks.ts";
import type { Sockets, SocketsOptions } from "./sockets.ts";
import { requestFor } from "./upgrade-request.ts";

export interface WebSocketsOptions extends SocketsOptions {
  readonly find: FindHooks;
  /** Takes every other exchange. */
  readonly next: AppHandler;
  /** Give hooks our own Request rather than Node's. */
  readonly fastFetch: boolean;
}

export class WebSockets implements AppHandler {
  readonly #options: WebSocketsOptions;
  readonly #next: AppHandler;
  #loading: Promise<Sockets> | null = null;
  #sockets: Sockets | null = null;
  #leaving = false;

  constructor(options: WebSocketsOptions) {
    this.#options = options;
    this.#next = options.next;
  }

  /** Makes ready for the first WebSocket, which would wait for this otherwise. */
  async load(): Promise<Sockets> {
    this.#loading ??= import("./sockets.ts").then((module) => new module.Sockets(this.#options));
    return (this.#sockets = await this.#loading);
  }

  /** Every request comes by here, so those that cannot become a WebSocket are let through at once. */
  handle(exchange: Exchange): void | PromiseLike<unknown> {
    if (!exchange.isUpgrade && !speaksWebSocket(exchange)) return this.#next.handle(exchange);
    if (!asksForWebSocket(exchange)) return this.#next.handle(exchange);
    return this.#upgrade(exchange).catch((error: unknown) => this.#options.failures.fail(exchange, error));
  }

  /**
   * The worker leaves: closes all, with jitter, in not more than `withinMs`, and refuses new ones. The code is 1012 where another worker takes over
   * at once (`restarts`), else 1001. Returns how many will be told.
   */
  leave(restarts: boolean, withinMs: number): number {
    this.#leaving = true;
    return this.#sockets?.leave(restarts, withinMs) ?? 0;
  }

  // --- internal ---

  async #upgrade(exchange: Exchange): Promise<void> {
    const { find, fastFetch } = this.#options;
    const light = new LightRequest(exchange);
    const request = requestFor(light, exchange, fastFetch);
    const hooks = await find(request, exchange, light);
    if (hooks === "answered") return;
    if (hooks === null) return void (await this.#next.handle(exchange));
    const problem = handshakeProblem(exchange);
    if (problem !== null) return refuse(exchange, problem.status, problem.reason, problem.headers);
    const sockets = this.#sockets ?? (await this.load());
    if (this.#leaving) return refuse(exchange, 503, "this worker is leaving", ["Connection", "close"]);
    await sockets.accept(exchange, request, hooks);
  }
}

// --- internal ---

function refuse(exchange: Exchange, status: number, reason: string, headers: HeaderList): void {
  const page = errorAnswer(status, `${statusPhrase(status)}: ${reason}`);
  exchange.respond(status, "", [...page.headers, ...headers], page.body);
}
