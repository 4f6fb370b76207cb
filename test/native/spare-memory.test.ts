/** Memory that goes back to the system. */

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";

const ADDON = fileURLToPath(new URL("../../native", import.meta.url));
const BUILD = createRequire(import.meta.url).resolve("node-gyp-build");

/** Fills the room for new objects, then asks for the heap to be shrunk, and tells what it was and what it becomes. */
const SCRIPT = `
  const { parentPort } = require("node:worker_threads");
  const addon = require(${JSON.stringify(BUILD)})(${JSON.stringify(ADDON)});
  let kept = [];
  for (let i = 0; i < 300_000; i++) kept.push({ i });
  kept = null;
  const before = process.memoryUsage().heapTotal;
  if (!addon.shrinkHeap()) throw new Error("this Node does not offer it");
  addon.trimAllocator();
  const timer = setInterval(() => {
    const after = process.memoryUsage().heapTotal;
    if (after > before / 2) return;
    parentPort.postMessage({ before, after });
    clearInterval(timer);
  }, 10);
`;

// V8 lets 8 s pass, and begins anew where it finds the thread at work: on a busy machine several times.
it("a thread's heap shrinks while its event loop turns", { timeout: 90_000 }, async () => {
  const worker = new Worker(SCRIPT, { eval: true });
  const [{ before, after }] = (await once(worker, "message")) as [{ before: number; after: number }];
  expect(after).toBeLessThanOrEqual(before / 2);
  await worker.terminate();
});

/** Starts threads that allocate, and prints how many heaps of glibc's arenas there are more than before: each begins at a multiple of 64 MiB, with 132 KiB. */
const ARENAS = `
  const { readFileSync } = require("node:fs");
  const { Worker } = require("node:worker_threads");
  const addon = require(${JSON.stringify(BUILD)})(${JSON.stringify(ADDON)});
  const arenas = () =>
    readFileSync("/proc/self/maps", "utf8").split("\\n").filter((line) => {
      const [, start, end] = /^(7\\w+[048c]000000)-(\\w+) rw/.exec(line) ?? [0, 0, 0];
      return parseInt(end, 16) - parseInt(start, 16) >= 132 * 1024;
    }).length;
  if (process.argv[1] !== "0") addon.limitArenas(Number(process.argv[1]));
  const before = arenas();
  let left = 6;
  for (let i = 0; i < 6; i++) {
    const worker = new Worker("require('node:worker_threads').parentPort.on('message', () => {}).postMessage('')", { eval: true });
    worker.once("message", () => --left > 0 || (console.log(arenas() - before), process.exit()));
  }
`;

function newArenas(limit: number, variables: Record<string, string> = {}): number {
  const env = { ...process.env, ...variables };
  return Number(execFileSync(process.execPath, ["-e", ARENAS, String(limit)], { env, encoding: "utf8" }));
}

it.skipIf(!isGlibc())("threads share the arenas that there may be, unless the environment says how many", () => {
  const shared = newArenas(1);
  expect(newArenas(0)).toBeGreaterThan(shared);
  expect(newArenas(1, { MALLOC_ARENA_MAX: "100" })).toBeGreaterThan(shared);
});

function isGlibc(): boolean {
  const { header } = process.report.getReport() as { header: Record<string, unknown> };
  return header["glibcVersionRuntime"] !== undefined;
}
