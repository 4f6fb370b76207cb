/**
 * The health check: one path answered by the worker itself, before any queue. It is not the application's traffic: it is neither counted
 * nor in the access log, where probes would soon be most of the lines.
 */

import type { Exchange, ExchangeObserver } from "./exchange.ts";

export class Health implements ExchangeObserver {
  /** Whether the worker can serve; its class knows. */
  isReady: () => boolean = () => true;
  /** It is leaving: probes are to look elsewhere, though what is here is served. */
  draining = false;

  readonly #path: string;
  readonly #over: () => void;

  /** `over` is told when a probe has been answered. */
  constructor(path: string, over: () => void) {
    this.#path = path;
    this.#over = over;
  }

  /** Answers a probe; false for any other request. */
  answers(exchange: Exchange): boolean {
    const { method, target } = exchange;
    if (method !== "GET" && method !== "HEAD") return false;
    if (target !== this.#path && !target.startsWith(`${this.#path}?`)) return false;
    exchange.observer = this;
    const healthy = !this.draining && this.isReady();
    const headers = ["Content-Type", "text/plain; charset=utf-8", "Cache-Control", "no-store"];
    exchange.respond(healthy ? 200 : 503, "", headers, healthy ? "ok\n" : "not ready\n");
    return true;
  }

  exchangeOver(): void {
    this.#over();
  }
}
