/** The hooks of the config file that are called in this worker. */

import type { SecureContextOptions } from "node:tls";

import { JunicornError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { runHook } from "../base/run-hook.ts";
import { WORKER_HOOKS } from "../base/worker-hooks.ts";
import type {
  Hook,
  HookArguments,
  HookServer,
  HookWorker,
  Settings,
  WorkerHookName,
  WorkerHooks,
} from "../config/settings/index.ts";

/** Gives the functions of a config file that run in workers. */
export type LoadHooks = (file: string) => Promise<WorkerHooks>;

/** About the life of a worker; those about requests are request-hooks.ts. */
export type LifeHook = Exclude<WorkerHookName, "preRequest" | "postRequest" | "sslContext">;

export interface HooksParts {
  readonly settings: Settings;
  readonly log: Log;
  readonly age: number;
  readonly hooks: WorkerHooks;
}

/** Calls hooks by name; one that the config file has not is done at once. */
export class HookCaller {
  readonly server: HookServer;
  readonly worker: HookWorker;
  readonly #hooks: WorkerHooks;
  readonly #timeoutMs: number;

  constructor({ settings, log, age, hooks }: HooksParts) {
    this.server = { pid: process.ppid, settings, log };
    this.worker = { pid: process.pid, age, settings, log, exit: null };
    this.#hooks = hooks;
    this.#timeoutMs = settings.hookTimeout * 1000;
  }

  has(name: WorkerHookName): boolean {
    return typeof this.#hooks[name] === "function";
  }

  /** False: it failed, which has been logged. A promise only if the hook returned one. Never throws. */
  call<Name extends WorkerHookName>(name: Name, ...args: HookArguments[Name]): boolean | Promise<boolean> {
    const hook = this.#hooks[name] as Hook<Name> | null | undefined;
    if (hook === null || hook === undefined) return true;
    return runHook(name, () => hook(...args), { log: this.worker.log, timeoutMs: this.#timeoutMs });
  }

  /** The hook `sslContext` as a function of the options of one certificate; undefined without it. It cannot wait: connections do. */
  adjustTls(): ((options: SecureContextOptions) => SecureContextOptions) | undefined {
    const hook = this.#hooks.sslContext;
    if (hook === null || hook === undefined) return undefined;
    return (options) => {
      const adjusted = hook(this.worker.settings, () => options) as SecureContextOptions | undefined;
      if (typeof adjusted === "object" && adjusted !== null && !("then" in adjusted)) return adjusted;
      const problem =
        "The hook sslContext has to return the options of a context (tls.createSecureContext), and no promise";
      throw new JunicornError("ERR_WORKER_BOOT", { problem });
    };
  }

  /** Calls one that is about the worker's life. */
  life(name: LifeHook): boolean | Promise<boolean> {
    if (name === "postFork" || name === "workerExit") return this.call(name, this.server, this.worker);
    return this.call(name, this.worker);
  }
}

/** Loads the config file where it has hooks for workers, and only there. */
export async function hooksFor(parts: Omit<HooksParts, "hooks">, load: LoadHooks): Promise<HookCaller> {
  const { settings } = parts;
  // Functions are lost on the way from the master, and are undefined here; where there was none there is null.
  const needed = settings.config !== null && WORKER_HOOKS.some((name) => settings[name] !== null);
  return new HookCaller({ ...parts, hooks: needed ? await load(settings.config) : {} });
}
