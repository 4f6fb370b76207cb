/** Watches files for changes, and is right about what editors do: files that are replaced, removed for a moment, or not there yet. */

import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";

import { watch, type FSWatcher } from "chokidar";

import type { Glob } from "../base/glob.ts";

export interface SourceWatchOptions {
  /** Files have changed; those that change at one time come together. */
  readonly changed: (files: readonly string[]) => void;
  /** Watching fails. */
  readonly failed: (problem: string) => void;
}

export class SourceWatch {
  /** Whoever loads files began after this moment, in milliseconds since 1970: what was changed before is no news. */
  since = Date.now();
  readonly #options: SourceWatchOptions;
  #files = new Set<string>();
  /** Watches directories, not files: an editor that replaces a file leaves a watch of the old one behind. */
  #directories: FSWatcher | null = null;
  readonly #trees = new Map<string, FSWatcher>();
  /** Of trees, heard of a short while ago. chokidar reads a directory before it watches it, and knows nothing of a file that comes in between. */
  #young: YoungDirectory[] = [];
  readonly #heard = new Set<string>();
  #gathering: NodeJS.Timeout | undefined;

  constructor(options: SourceWatchOptions) {
    this.#options = options;
  }

  /** From now on these files count, and no others but those of trees. */
  setFiles(files: Iterable<string>): void {
    this.#files = new Set(files);
    const directories = [...new Set([...this.#files].map((file) => dirname(file)))];
    if (this.#directories === null) {
      const isOther: IsOther = (path, isFile) => isFile && !this.#files.has(path);
      this.#directories = this.#watch(directories, isOther, { depth: 0 });
    } else this.#directories.add(directories);
  }

  /** Watches all that matches, there or yet to come. `name` is for `forgetTree`. */
  watchTree(name: string, glob: Glob): void {
    if (this.#trees.has(name)) return;
    const isOther: IsOther = (path, isFile) =>
      (isFile && !glob.matches(path)) || relative(glob.base, path).split(sep).some(isAside);
    // What does not exist is looked for from the directory where it will be.
    const base = existsSync(glob.base) ? glob.base : dirname(glob.base);
    const watcher = this.#watch([base], isOther, {});
    watcher.on("addDir", (path) => this.#young.push({ path, tree: name, isOther, since: Date.now() }));
    this.#trees.set(name, watcher);
  }

  forgetTree(name: string): void {
    void this.#trees.get(name)?.close();
    this.#trees.delete(name);
  }

  /** Looks at each of the files: for what happened before it was watched, and for file systems that do not tell. */
  look(): void {
    for (const file of this.#files) if (existsSync(file)) this.#look(file);
    void this.#lookAtYoung();
  }

  async close(): Promise<void> {
    clearTimeout(this.#gathering);
    const watchers = [...this.#trees.values(), ...(this.#directories === null ? [] : [this.#directories])];
    await Promise.all(watchers.map((watcher) => watcher.close()));
  }

  // --- internal ---

  #watch(paths: string[], isOther: IsOther, options: { depth?: number }): FSWatcher {
    const watcher = watch(paths, {
      ...options,
      ignored: (path, stats) => isOther(path, stats?.isFile() === true),
    });
    // Files that were there before come as new ones do: what counts is when they were changed.
    for (const event of ["add", "change", "unlink"] as const) {
      watcher.on(event, (path) => {
        if (!isOther(path, true)) this.#look(path);
      });
    }
    watcher.on("error", (error) => this.#options.failed(String(error)));
    return watcher;
  }

  async #lookAtYoung(): Promise<void> {
    for (const young of this.#young.splice(0)) {
      const isWatched = Date.now() > young.since + WATCHED_MS;
      // One that is gone has nothing to be seen.
      const entries = await readdir(young.path, { withFileTypes: true }).catch(() => []);
      if (!this.#trees.has(young.tree)) continue;
      const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => join(young.path, name));
      for (const file of files) if (!young.isOther(file, true)) this.#look(file);
      if (!isWatched) this.#young.push(young);
    }
  }

  #look(path: string): void {
    if ((changedAt(path) ?? Infinity) <= this.since) return;
    this.#heard.add(path);
    // A build, or an editor that saves all, changes many at a time.
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      const files = [...this.#heard];
      this.#heard.clear();
      this.#options.changed(files);
    }, GATHER_MS);
  }
}

// --- internal ---

type IsOther = (path: string, isFile: boolean) => boolean;

interface YoungDirectory {
  readonly path: string;
  readonly tree: string;
  readonly isOther: IsOther;
  readonly since: number;
}

/** By then chokidar watches a directory that it has told of. */
const WATCHED_MS = 2000;

/** When a file was last changed, or moved to where it is, in milliseconds since 1970; null if it is not there. */
function changedAt(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? null;
}

const GATHER_MS = 100;

/** Packages, version control, caches: nobody edits those by hand. */
function isAside(name: string): boolean {
  return (
    name === "node_modules" || (name.startsWith(".") && name.length > 1 && name !== ".." && !name.startsWith(".env"))
  );
}
