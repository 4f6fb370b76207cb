/** Hooks that a fetch application hands out itself, as h3's `defineWebSocketHandler` does: it is asked for an answer, and they hang on it. */

import { answer } from "../adapters/fetch/answer.ts";
import type { FetchApp } from "../adapters/fetch/index.ts";
import { FetchInfo } from "../adapters/fetch/info.ts";
import type { FailureSink } from "../http/exchange.ts";
import type { FindHooks, WebSocketHooks } from "./hooks.ts";

/**
 * crossws's convention: the application leaves its hooks on its answer (`response.crossws`), or on the request where middleware makes
 * answers anew (`setWebSocketHooks`). Hooks on the request do not count if the application then refuses: 426 alone says "only as a WebSocket".
 */
export function findInAnswers(app: FetchApp, failures: FailureSink): FindHooks {
  return async (request, exchange, light) => {
    const info = new FetchInfo(exchange, light);
    const returned = await (typeof app === "function" ? app(request, info) : app.fetch(request, info));
    const response = returned as Answer | null | undefined;
    const hooks = response?.crossws ?? (welcomes(response) ? (request as WithHooks)[HOOKS] : undefined);
    if (hooks === undefined) {
      answer(exchange, returned, failures);
      return "answered";
    }
    if (response?.body) void response.body.cancel().catch(() => {}); // nobody will read it
    // A plain object with hooks may bring header fields for the handshake; a Response's own are those of the answer that is not sent.
    if (response?.status === undefined && response?.headers)
      return [{ upgrade: () => ({ headers: response.headers! }) }, hooks];
    return [hooks];
  };
}

// --- internal ---

/** What `setWebSocketHooks` of crossws writes: the symbol is the interface, so crossws need not be loaded to look. */
const HOOKS: unique symbol = Symbol.for("crossws.hooks") as never;
type WithHooks = Request & { readonly [HOOKS]?: WebSocketHooks };

/** A Response, perhaps with hooks; or crossws's `{ crossws, headers }`. */
type Answer = Partial<Response & { crossws: WebSocketHooks }>;

function welcomes(response: Answer | null | undefined): boolean {
  return response?.ok === true || response?.status === 101 || response?.status === 426;
}
