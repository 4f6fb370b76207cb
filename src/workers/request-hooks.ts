/** The hooks around each request: `preRequest` before the application gets it, `postRequest` when it is over. */

import type { HookRequest, HookResponse } from "../config/settings/index.ts";
import type { AppHandler, Exchange, FailureSink, HeaderList } from "../http/exchange.ts";
import { answerFailure } from "../http/failure.ts";
import type { HookCaller } from "./hooks.ts";

/** The part of the service that these hooks come into. */
export interface HookedService extends FailureSink {
  app: AppHandler;
  afterRequest: ((exchange: Exchange, milliseconds: number) => void) | null;
}

/** Puts the hooks there are before and behind the application; where there are none, nothing is. */
export function hookRequests(service: HookedService, hooks: HookCaller): void {
  const requests = new WeakMap<Exchange, HookRequest>();
  if (hooks.has("preRequest")) service.app = new HookedApp(service.app, service, hooks, requests);
  if (!hooks.has("postRequest")) return;
  service.afterRequest = (exchange, milliseconds) => {
    const request = requests.get(exchange) ?? new RequestView(exchange);
    void hooks.call("postRequest", hooks.worker, request, responseOf(exchange, milliseconds));
  };
}

// --- internal ---

class HookedApp implements AppHandler {
  readonly #app: AppHandler;
  readonly #failures: FailureSink;
  readonly #hooks: HookCaller;
  readonly #requests: WeakMap<Exchange, HookRequest>;

  constructor(app: AppHandler, failures: FailureSink, hooks: HookCaller, requests: WeakMap<Exchange, HookRequest>) {
    this.#app = app;
    this.#failures = failures;
    this.#hooks = hooks;
    this.#requests = requests;
  }

  handle(exchange: Exchange): void | PromiseLike<unknown> {
    const request = new RequestView(exchange);
    this.#requests.set(exchange, request);
    const passed = this.#hooks.call("preRequest", this.#hooks.worker, request);
    if (passed === true) return this.#app.handle(exchange);
    if (passed === false) return answerFailure(exchange, NOT_PASSED);
    return this.#later(exchange, passed);
  }

  async #later(exchange: Exchange, passing: Promise<boolean>): Promise<void> {
    const passed = await passing;
    if (exchange.over) return; // its client has left, or its time was up
    if (!passed) return answerFailure(exchange, NOT_PASSED);
    try {
      await this.#app.handle(exchange);
    } catch (error) {
      this.#failures.fail(exchange, error);
    }
  }
}

/** Never logged: what the hook threw has been. */
const NOT_PASSED = new Error("the hook preRequest failed");

/** Made for each request, so what is rarely looked at is made when it is. */
class RequestView implements HookRequest {
  readonly #exchange: Exchange;
  #headers: Readonly<Record<string, string>> | null = null;
  #notes: Record<string, unknown> | null = null;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get method(): string {
    return this.#exchange.method;
  }
  get target(): string {
    return this.#exchange.target;
  }
  get path(): string {
    return this.target.split("?", 1)[0]!;
  }
  get query(): string {
    return this.target.slice(this.path.length + 1);
  }
  get httpVersion(): string {
    return this.#exchange.httpVersion;
  }
  get headers(): Readonly<Record<string, string>> {
    return (this.#headers ??= fieldsOf(this.#exchange.rawHeaders));
  }
  get remoteAddress(): string {
    return this.#exchange.peer.remoteAddress;
  }
  get remotePort(): number {
    return this.#exchange.remotePort;
  }
  get notes(): Record<string, unknown> {
    return (this.#notes ??= {});
  }
}

function responseOf(exchange: Exchange, milliseconds: number): HookResponse {
  const { status, bytesSent, aborted, responseHeaders } = exchange;
  return {
    status,
    bytesSent,
    aborted,
    milliseconds,
    get headers() {
      return fieldsOf(responseHeaders);
    },
  };
}

/** A client chooses the names, so there is no prototype for them to meet. */
function fieldsOf(list: HeaderList): Readonly<Record<string, string>> {
  const fields = Object.create(null) as Record<string, string>;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!.toLowerCase();
    const value = list[i + 1]!;
    fields[name] = name in fields ? `${fields[name]}, ${value}` : value;
  }
  return fields;
}
