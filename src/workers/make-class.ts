/** From a worker's settings to its class, ready to accept, with the application loaded. */

import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import type { AppHandler } from "../http/exchange.ts";
import type { Service } from "../http/service.ts";
import type { MasterMessage } from "../ipc/protocol.ts";
import type { WebSockets } from "../websocket/index.ts";
import type { ApplicationLoader } from "./application.ts";
import type { Departure } from "./departure.ts";
import { workerHost, type HostParts } from "./host.ts";
import { findWorkerClass } from "./registry.ts";
import { limitsOf, webSocketsFor, withoutWebSockets, type Application } from "./web-sockets.ts";
import type { WorkerClass } from "./worker-class.ts";

export interface MakeParts extends Omit<
  HostParts,
  "settings" | "slot" | "listeners" | "acceptsUpgrade" | "webSockets"
> {
  readonly start: Extract<MasterMessage<Settings>, { type: "start" }>;
  readonly loader: ApplicationLoader;
  readonly departure: Departure;
  /** Answers everything in the application's place, in development. */
  readonly page: AppHandler | null;
}

export interface Made {
  readonly serving: WorkerClass;
  readonly webSockets: WebSockets | null;
}

/** Null if the worker is told to leave meanwhile. */
export async function makeClass({ start, loader, departure, page, ...host }: MakeParts): Promise<Made | null> {
  const { settings, listeners, slot } = start;
  const { service, log } = host;
  const found = await findWorkerClass(page === null ? settings.workerClass : "async");
  const application = found.threads || page !== null ? null : await loader.load(settings, service, log);
  if (departure.wish !== null) return null;
  if (page !== null) service.app = page;
  const webSockets =
    application === null ? null : await putInPlace(application, found.webSockets === true, settings, service, log);
  const serving = await found.create(
    workerHost({
      ...host,
      settings,
      slot,
      listeners,
      acceptsUpgrade: () => application?.loaded.hasUpgrade() === true,
      webSockets: webSockets === null ? null : limitsOf(settings),
    }),
  );
  return { serving, webSockets };
}

// --- internal ---

/** Behind its WebSocket hooks, where the class serves those. */
async function putInPlace(
  application: Application,
  servesWebSockets: boolean,
  settings: Settings,
  service: Service,
  log: Log,
): Promise<WebSockets | null> {
  const parts = { ...application, settings, failures: service, log };
  const webSockets = servesWebSockets ? await webSocketsFor(parts) : null;
  service.app = servesWebSockets ? (webSockets ?? application.handler) : withoutWebSockets(parts);
  return webSockets;
}
