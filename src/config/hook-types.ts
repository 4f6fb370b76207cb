/** What hooks are given, and what each is called with: the types of the functions in a config file. */

import type { SecureContextOptions } from "node:tls";

import type { Log } from "../base/log.ts";
import type { WorkerHookName } from "../base/worker-hooks.ts";
import type { Settings } from "./settings/index.ts";

/** The server, as hooks see it. */
export interface HookServer {
  /** Process id of the master. */
  readonly pid: number;
  /** The settings in force; a reload brings new ones. */
  readonly settings: Settings;
  /** The error log. */
  readonly log: Log;
}

/** A worker, as hooks see it. */
export interface HookWorker {
  /** Its process id; 0 in `preFork`, before it has a process. */
  readonly pid: number;
  /** The order in which workers were started: 1 is the first, and each later one has a number of its own. */
  readonly age: number;
  readonly settings: Settings;
  /** The error log. */
  readonly log: Log;
  /** How its process ended: known in `childExit`, null before. */
  readonly exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null;
}

/** A request, as `preRequest` and `postRequest` see it. */
export interface HookRequest {
  readonly method: string;
  /** The target as it was received: `/a?b=c`. */
  readonly target: string;
  /** The target up to the first `?`. */
  readonly path: string;
  /** What is behind the first `?`, or "". */
  readonly query: string;
  /** "1.0" or "1.1". */
  readonly httpVersion: string;
  /** Names in lower case; the values of a field that came several times are joined by ", ". Read-only: the application has its own. */
  readonly headers: Readonly<Record<string, string>>;
  /** The client's address, or the proxy's; "" on a unix socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The same object in both hooks of a request: a place for what one has to tell the other. */
  readonly notes: Record<string, unknown>;
}

/** How a request was answered, as `postRequest` sees it. */
export interface HookResponse {
  /** 0: nothing was answered. */
  readonly status: number;
  /** As the application gave them; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body. */
  readonly bytesSent: number;
  /** The answer was cut, or the client went away before it was complete. */
  readonly aborted: boolean;
  /** From the request's head to the answer's last byte. */
  readonly milliseconds: number;
}

/** What each hook is called with. */
export interface HookArguments {
  onStarting: [server: HookServer];
  onReload: [server: HookServer];
  whenReady: [server: HookServer];
  preFork: [server: HookServer, worker: HookWorker];
  postFork: [server: HookServer, worker: HookWorker];
  postWorkerInit: [worker: HookWorker];
  workerInt: [worker: HookWorker];
  workerAbort: [worker: HookWorker];
  preExec: [server: HookServer];
  preRequest: [worker: HookWorker, request: HookRequest];
  postRequest: [worker: HookWorker, request: HookRequest, response: HookResponse];
  childExit: [server: HookServer, worker: HookWorker];
  sslContext: [settings: Settings, makeDefault: () => SecureContextOptions];
  workerExit: [server: HookServer, worker: HookWorker];
  nworkersChanged: [server: HookServer, workers: number, before: number | null];
  onExit: [server: HookServer];
}

export type HookName = keyof HookArguments;
/** What a hook returns does not matter, but for a promise, which is waited for. */
export type Hook<Name extends HookName> = (...args: HookArguments[Name]) => unknown;

/** Hooks that are called in worker processes; all others are called in the master. */
export type { WorkerHookName };
export type MasterHookName = Exclude<HookName, WorkerHookName>;

/** The functions of a config file that run in a worker. */
export type WorkerHooks = { readonly [Name in WorkerHookName]?: Hook<Name> | null };
