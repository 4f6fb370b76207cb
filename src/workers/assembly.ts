/** From the settings to something that serves: loads the application, and makes the worker class around it. */

import type { LogWriter } from "../base/log-writer.ts";
import type { Settings } from "../config/settings/index.ts";
import type { AppHandler } from "../http/exchange.ts";
import type { Service } from "../http/service.ts";
import type { WebSockets } from "../websocket/index.ts";
import { handlerFor, loadFrom } from "./application.ts";
import { http2For } from "./http2.ts";
import { workerHost, type HostParts } from "./host.ts";
import { WorkerCredentials } from "./credentials.ts";
import { findWorkerClass } from "./registry.ts";
import { limitsOf, webSocketsFor, withoutWebSockets, type Application } from "./web-sockets.ts";
import type { WorkerClass, WorkerClassEntry } from "./worker-class.ts";

export interface AssemblyParts {
  readonly settings: Settings;
  readonly service: Service;
  readonly log: LogWriter;
}

/** What the worker class is given of the worker. */
export type WorkerParts = Omit<HostParts, keyof AssemblyParts | "acceptsUpgrade" | "webSockets" | "http2">;

export class Assembly {
  /** The loader is at work; it hears of uncaught errors by itself, and explains them best. */
  appLoads = false;
  /** Null where none are served. */
  webSockets: WebSockets | null = null;
  readonly credentials = new WorkerCredentials();

  async loadApplication({ settings, service, log }: AssemblyParts): Promise<Application> {
    this.appLoads = true;
    const loaded = await loadFrom(settings, log).finally(() => (this.appLoads = false));
    return { loaded, handler: await handlerFor(loaded, settings, service, log, false) };
  }

  /**
   * The class that the settings name, with the application or, in development, a page in its place; null if by then the worker has been told to
   * leave.
   */
  async makeClass(
    parts: AssemblyParts,
    worker: WorkerParts,
    page: AppHandler | null,
    toldToLeave: () => boolean,
  ): Promise<WorkerClass | null> {
    const { settings, service } = parts;
    const found = await findWorkerClass(page === null ? settings.workerClass : "async");
    const application = found.threads || page !== null ? null : await this.loadApplication(parts);
    if (toldToLeave()) return null;
    if (page !== null) service.app = page;
    if (application !== null) await this.#serve(application, found, parts);
    const acceptsUpgrade = (): boolean => application?.loaded.hasUpgrade() === true;
    const webSockets = this.webSockets === null ? null : limitsOf(settings);
    const first = worker.scoreboard.slot(worker.slot).get("generation") === 1;
    const http2 = await http2For(worker.tls, settings, parts.log, first);
    return found.create(workerHost({ ...parts, ...worker, acceptsUpgrade, webSockets, http2 }));
  }

  async #serve(
    application: Application,
    { webSockets }: WorkerClassEntry,
    { settings, service, log }: AssemblyParts,
  ): Promise<void> {
    const parts = { ...application, settings, failures: service, log };
    if (webSockets) this.webSockets = await webSocketsFor(parts);
    service.app = webSockets ? (this.webSockets ?? application.handler) : withoutWebSockets(parts);
  }
}
