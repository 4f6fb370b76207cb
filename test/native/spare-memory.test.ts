/** Memory that goes back to the system. */

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

it("a thread's heap shrinks while its event loop turns", async () => {
  const worker = new Worker(SCRIPT, { eval: true });
  const [{ before, after }] = (await once(worker, "message")) as [{ before: number; after: number }];
  expect(after).toBeLessThanOrEqual(before / 2);
  await worker.terminate();
});
