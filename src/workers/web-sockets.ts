/** Whether and how a worker serves WebSockets: from hooks that the application exports, or hands out when it is asked (fetch applications). */

import { threadId } from "node:worker_threads";
import type { LoadedApp } from "../app/load.ts";
import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import { errorAnswer } from "../http/error-page.ts";
import type { AppHandler, FailureSink } from "../http/exchange.ts";
import { asksForWebSocket } from "../websocket/handshake.ts";
import type { FetchApp, WebSocketExport } from "../websocket/hooks.ts";
import type { WebSockets } from "../websocket/index.ts";
import type { SocketLimits } from "../websocket/limits.ts";

export interface Application {
  readonly loaded: LoadedApp;
  /** Takes all requests that are no matter of WebSockets. */
  readonly handler: AppHandler;
}

export interface WebSocketParts extends Application {
  readonly settings: Settings;
  readonly failures: FailureSink;
  readonly log: Log;
}

/** Null for an application that cannot have hooks: then nothing of crossws is loaded. */
export async function webSocketsFor({
  loaded,
  handler,
  settings,
  failures,
  log,
}: WebSocketParts): Promise<WebSockets | null> {
  const exported = loaded.websocket as WebSocketExport | null;
  if (exported === null && loaded.interface !== "fetch") return null;
  const [{ WebSockets }, { findIn }, { findInAnswers }] = await Promise.all([
    import("../websocket/index.ts"),
    import("../websocket/hooks.ts"),
    import("../websocket/from-fetch.ts"),
  ]);
  const asked = loaded.interface === "fetch" ? findInAnswers(loaded.app as FetchApp, failures) : null;
  const find = (exported === null ? null : findIn(exported)) ?? asked;
  if (find === null) return null;
  const { sync, onError, getNamespace, handleProtocols } = exported?.options?.node ?? {};
  const webSockets = new WebSockets({
    find,
    next: handler,
    limits: limitsOf(settings),
    backplane: { ...(sync && { sync }), ...(onError && { onError }) },
    choices: { ...(getNamespace && { getNamespace }), ...(handleProtocols && { handleProtocols }) },
    failures,
    log,
    fastFetch: settings.fastFetch,
  });
  if (exported !== null) await webSockets.load();
  return webSockets;
}

/** For classes without WebSockets: exported hooks are reported, and those who ask for a WebSocket are told 501. */
export function withoutWebSockets({ loaded, handler, settings, log }: Omit<WebSocketParts, "failures">): AppHandler {
  if (loaded.websocket === null) return handler;
  // Once a process, though each thread of a pool loads the application.
  if (threadId <= 1) {
    log.warning(
      `The application exports WebSocket hooks, which the ${settings.workerClass} class does not serve: clients are answered 501. Use --worker-class async`,
    );
  }
  return {
    handle(exchange) {
      if (!asksForWebSocket(exchange)) return handler.handle(exchange);
      const { headers, body } = errorAnswer(
        501,
        `Not Implemented: the ${settings.workerClass} worker class has no WebSockets`,
      );
      exchange.respond(501, "", headers, body);
    },
  };
}

/** Tells all peers goodbye; see WebSockets.leave(). */
export function leaveWebSockets(webSockets: WebSockets, restarts: boolean, withinMs: number, log: Log): void {
  const told = webSockets.leave(restarts, withinMs);
  const when = withinMs === 0 ? "at once" : `within ${withinMs / 1000} s`;
  if (told > 0) log.info(`Worker (pid:${process.pid}) closes ${told} WebSocket(s) ${when}`);
}

export function limitsOf(settings: Settings): SocketLimits {
  return {
    maxPayload: settings.wsMaxPayload,
    compression: settings.wsCompression,
    maxBackpressure: settings.wsMaxBackpressure,
    idleTimeoutMs: settings.wsIdleTimeout * 1000,
    pingIntervalMs: settings.wsPingInterval * 1000,
  };
}
