/** What is seen of files that come while their directory is found, but not watched yet. */

import type { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { parseGlob } from "../../../src/base/glob.ts";
import { SourceWatch } from "../../../src/master/source-watch.ts";
import { poll } from "../../support/poll.ts";

const chokidar = vi.hoisted(() => ({ watchers: [] as EventEmitter[] }));

// It finds directories, and tells of no file: as the real one does of what comes between its reading a directory and its watching it.
vi.mock("chokidar", async () => {
  const { EventEmitter: Emitter } = await import("node:events");
  return {
    watch: () => {
      const watcher = Object.assign(new Emitter(), { close: async () => {}, add: () => {} });
      chokidar.watchers.push(watcher);
      return watcher;
    },
  };
});

/** The kernel's clock for files has steps of up to 10 ms. */
const STEP_MS = 10;

async function watchDirectory() {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-watch-"));
  writeFileSync(join(directory, "old.ts"), "");
  const heard: string[] = [];
  const watch = new SourceWatch({ changed: (files) => heard.push(...files), failed: (problem) => heard.push(problem) });
  onTestFinished(async () => {
    await watch.close();
    rmSync(directory, { recursive: true });
  });
  watch.since = Date.now();
  await poll(() => Date.now() > watch.since + STEP_MS);
  watch.watchTree("tree", parseGlob("**/*{.ts,s}", directory));
  const found = (path: string): unknown => chokidar.watchers.at(-1)!.emit("addDir", path);
  return { directory, heard, watch, found };
}

test("a file that comes into a directory that was only just found is heard of, others are not", async () => {
  const { directory, heard, watch, found } = await watchDirectory();
  found(directory);
  watch.look();
  writeFileSync(join(directory, "word.ts"), "");
  writeFileSync(join(directory, "word.md"), "");
  mkdirSync(join(directory, "mores"));
  writeFileSync(join(directory, "mores/later.ts"), "");
  await poll(() => {
    watch.look();
    return heard.length;
  });
  expect(new Set(heard)).toEqual(new Set([join(directory, "word.ts")]));

  found(join(directory, "mores"));
  await poll(() => {
    watch.look();
    return heard.some((path) => path.endsWith("mores/later.ts"));
  });
});

test("what is in a tree that counts no more is not heard of", async () => {
  const { directory, heard, watch, found } = await watchDirectory();
  found(directory);
  watch.forgetTree("tree");
  writeFileSync(join(directory, "word.ts"), "");
  for (let i = 0; i < 3; i++) {
    watch.look();
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  expect(heard).toEqual([]);
});

test("a directory that is gone by then is no problem", async () => {
  const { directory, heard, watch, found } = await watchDirectory();
  found(join(directory, "gone"));
  found(directory);
  writeFileSync(join(directory, "word.ts"), "");
  await poll(() => {
    watch.look();
    return heard.length;
  });
  expect(heard[0]).toBe(join(directory, "word.ts"));
});
