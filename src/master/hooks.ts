/** The hooks of the config file that are called in the master, at their moments. */

import { inspect } from "node:util";

import { runHook } from "../base/run-hook.ts";
import type { HookArguments, HookServer, HookWorker, MasterHookName, Settings } from "../config/settings/index.ts";
import type { Extension, MasterContext } from "./extension.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export function masterHooks(master: MasterContext): Extension {
  return new MasterHooks(master);
}

// --- internal ---

class MasterHooks implements Extension {
  readonly name = "hooks";
  readonly #master: MasterContext;
  readonly #server: HookServer;
  /** Hooks that nobody waits for: what has happened has happened. They have their time before the master exits. */
  readonly #running = new Set<Promise<unknown>>();
  #started = false;
  /** What a reload has read; null while none runs. Its hooks are called for the workers that try it. */
  #read: Settings | null = null;

  constructor(master: MasterContext) {
    this.#master = master;
    const settings = (): Settings => this.#settings;
    this.#server = {
      pid: process.pid,
      get settings() {
        return settings();
      },
      log: master.log,
    };
  }

  async starting(): Promise<void> {
    this.#started = true;
    this.#guard(true);
    await this.#call("nworkersChanged", this.#server, this.#master.pool.target, null);
    await this.#call("onStarting", this.#server);
  }

  async listening(): Promise<void> {
    await this.#call("whenReady", this.#server);
  }

  async settingsRead(settings: Settings): Promise<void> {
    this.#read = settings;
    this.#guard(true);
    await this.#call("onReload", this.#server);
  }

  reloadEnded(): void {
    this.#read = null;
    this.#guard(true);
  }

  async beforeSpawn(_slotIndex: number, generation: number): Promise<void> {
    await this.#call("preFork", this.#server, this.#worker(0, generation));
  }

  async beforeUpgrade(): Promise<void> {
    await this.#call("preExec", this.#server);
  }

  workerGone(worker: WorkerHandle): void {
    const { code = null, signal = null } = worker.end ?? {};
    this.#note("childExit", this.#server, { ...this.#worker(worker.pid, worker.generation), exit: { code, signal } });
  }

  targetChanged(target: number, before: number | null): void {
    if (before !== null) this.#note("nworkersChanged", this.#server, target, before);
  }

  async stopped(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#started) await this.#call("onExit", this.#server);
    this.#guard(false);
  }

  get #settings(): Settings {
    return this.#read ?? this.#master.settings;
  }

  #call<Name extends MasterHookName>(name: Name, ...args: HookArguments[Name]): boolean | Promise<boolean> {
    const settings = this.#settings;
    const { log } = this.#master;
    const hook = settings[name] as ((...all: HookArguments[Name]) => unknown) | null;
    if (hook === null) return true;
    return runHook(name, () => hook(...args), { log, timeoutMs: settings.hookTimeout * 1000 });
  }

  #note<Name extends MasterHookName>(name: Name, ...args: HookArguments[Name]): void {
    const outcome = this.#call(name, ...args);
    if (typeof outcome === "boolean") return;
    this.#running.add(outcome);
    void outcome.finally(() => this.#running.delete(outcome));
  }

  #worker(pid: number, age: number): HookWorker {
    return { pid, age, settings: this.#settings, log: this.#master.log, exit: null };
  }

  /** What a hook has begun and does not wait for may fail when nobody is there to catch it. That is no reason to stop serving. */
  #guard(serving: boolean): void {
    const settings = this.#settings;
    process.off("uncaughtException", this.#stray);
    if (serving && MASTER_HOOKS.some((name) => settings[name] !== null)) process.on("uncaughtException", this.#stray);
  }

  readonly #stray = (error: unknown): void => {
    this.#master.log.error(`Uncaught error in the master, of what a hook has begun: ${inspect(error)}`);
  };
}

const MASTER_HOOKS: readonly MasterHookName[] = [
  "onStarting",
  "onReload",
  "whenReady",
  "preFork",
  "preExec",
  "childExit",
  "nworkersChanged",
  "onExit",
];
