/** The application in this thread: loading it, and saying why that failed. */

import { AsyncLocalStorage } from "node:async_hooks";

import { createHandler } from "../app/handler.ts";
import { loadApp, type LoadedApp } from "../app/load.ts";
import { appContext } from "../base/app-context.ts";
import { ExitStatus, rowOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { inRequest, watchContexts } from "../base/request-contexts.ts";
import type { Settings } from "../config/settings/index.ts";
import type { AppHandler, Exchange, FailureSink } from "../http/exchange.ts";
import { stackOf } from "../http/failure.ts";
import { withoutWebSockets } from "./web-sockets.ts";

/** Loads the application's module. While this runs, what the application throws elsewhere is a failure of this, too. */
export function loadFrom(settings: Settings, log: Log): Promise<LoadedApp> {
  const load = (): Promise<LoadedApp> =>
    loadApp({ spec: settings.app, interface: settings.interface, fastFetch: settings.fastFetch, log });
  return settings.reload ? withoutExit(load) : load();
}

export async function handlerFor(
  loaded: LoadedApp,
  settings: Settings,
  failures: FailureSink,
  log: Log,
  multithread: boolean,
): Promise<AppHandler> {
  const handler = await createHandler(loaded, {
    failures,
    log,
    headerMap: settings.headerMap,
    forwarderHeaders: settings.forwarderHeaders,
    multithread,
    multiprocess: settings.workers > 1,
    fastFetch: settings.fastFetch,
  });
  return isolated(multithread ? withoutWebSockets({ loaded, handler, settings, log }) : followed(handler));
}

/** In development a module that gives up by ending the process is one that cannot be loaded: the process stays, and says so. */
async function withoutExit<Result>(work: () => Promise<Result>): Promise<Result> {
  const exit = Object.getOwnPropertyDescriptor(process, "exit")!;
  const value = (code: unknown = ""): never => {
    throw new Error(`it called process.exit(${String(code)})`);
  };
  Object.defineProperty(process, "exit", { ...exit, value });
  return await work().finally(() => Object.defineProperty(process, "exit", exit));
}

/** No request finds what another has entered into an `AsyncLocalStorage`. */
function isolated(handler: AppHandler): AppHandler {
  watchContexts();
  const handle = (exchange: Exchange): ReturnType<AppHandler["handle"]> => handler.handle(exchange);
  return { handle: (exchange) => inRequest(handle, exchange) };
}

/** Lets the application ask which request its code was started from, if it has shown interest: following it across awaits is not free. */
function followed(handler: AppHandler): AppHandler {
  const context = appContext();
  if (!context.wanted) return handler;
  const current = new AsyncLocalStorage<Exchange>();
  context.requestId = () => {
    const exchange = current.getStore();
    return exchange === undefined ? undefined : `${process.pid}-${exchange.serial}`;
  };
  return { handle: (exchange) => current.run(exchange, () => handler.handle(exchange)) };
}

/** Why a worker cannot serve: the exit status, and the cause for people. Errors of ours say it in their message; others need their stack. */
export function bootProblem(error: unknown): { exit: number; problem: string } {
  const row = rowOf(error);
  if (row !== undefined) return { exit: row.exit ?? ExitStatus.WORKER_BOOT, problem: (error as Error).message };
  return { exit: ExitStatus.WORKER_BOOT, problem: stackOf(error) };
}
