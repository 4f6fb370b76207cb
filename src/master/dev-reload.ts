/** `--reload`: watches the files that workers have loaded, and starts all workers anew when one changes. For development. */

import { parseGlob, type Glob } from "../base/glob.ts";
import type { WorkerMessage } from "../ipc/protocol.ts";
import type { Extension, MasterContext } from "./extension.ts";
import { SourceWatch } from "./source-watch.ts";
import type { WorkerHandle } from "./worker-handle.ts";

type Sources = Extract<WorkerMessage, { type: "sources" }>;

export function devReload(master: MasterContext): Extension {
  return new DevReload(master);
}

// --- internal ---

class DevReload implements Extension {
  readonly name = "reload";
  readonly #master: MasterContext;
  readonly #watch: SourceWatch;
  /** Of the workers there are. */
  #files = new Set<string>();
  /** Workers up to this one are those of before the last change: what they say is no news. */
  #lastOutdated = 0;
  /** The files are those of before the last change. */
  #isOutdated = false;
  #toldProblem = "";
  #toldFailure = false;

  constructor(master: MasterContext) {
    this.#master = master;
    this.#watch = new SourceWatch({
      changed: (files) => this.#changed(files),
      failed: (problem) => this.#failed(problem),
    });
  }

  starting(): void {
    const { settings, log } = this.#master;
    log.warning("Workers restart when files change (reload): this is for development, not for production");
    if (settings.preloadApp)
      log.warning("preload has no effect with reload: the server is to start on a broken application, too");
    for (const pattern of settings.reloadExtraFiles) this.#watch.watchTree(pattern, parseGlob(pattern, settings.chdir));
  }

  sourcesTold(worker: WorkerHandle, { files, problem, project }: Sources): void {
    if (worker.generation <= this.#lastOutdated) return;
    if (problem === "") this.#watch.forgetTree(PROJECT);
    // What is missing may be anywhere, and what is broken may be none of the files that were loaded.
    else this.#watch.watchTree(PROJECT, sourcesIn(project));
    if (problem !== "" && problem !== this.#toldProblem)
      this.#master.log.error(`${problem}\nWaiting for a change; until then every request is answered with this`);
    this.#toldProblem = problem;
    if (this.#isOutdated) this.#files.clear();
    this.#isOutdated = false;
    const news = files.filter((file) => !this.#files.has(file));
    for (const file of news) this.#files.add(file);
    if (news.length > 0) this.#watch.setFiles(this.#files);
  }

  tick(): void {
    this.#watch.look();
  }

  async stopped(): Promise<void> {
    await this.#watch.close();
  }

  #changed(files: readonly string[]): void {
    const { pool, log, wake } = this.#master;
    const others = files.length > 1 ? ` (and ${files.length - 1} more)` : "";
    log.info(`Workers restart: ${files[0]}${others} has changed`);
    this.#lastOutdated = Math.max(this.#lastOutdated, ...pool.workers.map((worker) => worker.generation));
    this.#isOutdated = true;
    this.#watch.since = Date.now();
    this.#toldProblem = "";
    pool.startOver();
    wake.call(this.#master);
  }

  #failed(problem: string): void {
    if (this.#toldFailure) return;
    this.#toldFailure = true;
    const hint = problem.includes("ENOSPC") ? " (the limit is the system's: fs.inotify.max_user_watches)" : "";
    this.#master.log.warning(`Some changes of files will not be seen: ${problem}${hint}`);
  }
}

const PROJECT = "the project";

const SOURCE = /\.([cm]?[jt]sx?|json|node|wasm)$|\/\.env[^/]*$/;

function sourcesIn(project: string): Glob {
  const all = parseGlob(project, project);
  return { base: project, matches: (path) => all.matches(path) && SOURCE.test(path) };
}
