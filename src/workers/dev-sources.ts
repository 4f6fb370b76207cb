/** `--reload`, the worker's part: tells the master which files the application is made of, and serves a page that says why it cannot be loaded. */

import { resolve } from "node:path";

import { LoadedFiles, projectOf } from "../app/loaded-files.ts";
import type { Settings } from "../config/settings/index.ts";
import type { AppHandler } from "../http/exchange.ts";
import type { WorkerMessage } from "../ipc/protocol.ts";
import { bootProblem } from "./application.ts";
import { loadFailureApp } from "./load-failure.ts";

type Sources = Extract<WorkerMessage, { type: "sources" }>;

export function devSources(settings: Settings, send: (message: Sources) => void): DevSources {
  return new DevSources(settings, send);
}

export class DevSources {
  readonly #send: (message: Sources) => void;
  readonly #files = new LoadedFiles();
  /** Those of threads, which load for themselves. */
  readonly #more = new Set<string>();
  readonly #project: string;
  #problem = "";
  #told = -1;

  constructor(settings: Settings, send: (message: Sources) => void) {
    this.#send = send;
    this.#project = projectOf(resolve(settings.app.split(":", 1)[0]!, ".."));
  }

  /** What `make` gives or, if the application cannot be loaded, what it gives for the page that says so. */
  async make<Made>(make: (page: AppHandler | null) => Promise<Made>): Promise<Made> {
    try {
      return await make(null);
    } catch (error) {
      this.#problem = bootProblem(error).problem;
      return await make(loadFailureApp(this.#problem));
    } finally {
      this.#tell();
      // An application may load more of itself when it is first used.
      setInterval(() => this.#tell(), LOOK_MS).unref();
    }
  }

  /** A thread has loaded these. */
  add(files: readonly string[]): void {
    for (const file of files) this.#more.add(file);
    if (this.#told >= 0) this.#tell();
  }

  // --- internal ---

  #tell(): void {
    const files = [...new Set([...this.#files.list(), ...this.#more])];
    if (files.length === this.#told) return;
    this.#told = files.length;
    this.#send({ type: "sources", files, problem: this.#problem, project: this.#project });
  }
}

/** The same in a thread: to be called before anything is loaded; `tell` is told of all files whenever there are more. */
export function tellLoadedFiles(tell: (files: readonly string[]) => void): void {
  const files = new LoadedFiles();
  let told = 0;
  setInterval(() => {
    const all = files.list();
    if (all.length > told) tell(all);
    told = all.length;
  }, THREAD_LOOK_MS).unref();
}

// --- internal ---

const LOOK_MS = 1000;
/** The worker hears of it some time after the thread is ready, and then tells the master: this is to be no slower than that. */
const THREAD_LOOK_MS = 200;
