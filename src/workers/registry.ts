/** The worker classes by name. What was not chosen is never loaded. */

import type { WorkerClassEntry } from "./worker-class.ts";

const CLASSES: Readonly<Record<string, () => Promise<WorkerClassEntry>>> = {
  sync: async () => ({ create: (await import("./sync.ts")).createSync, threads: false }),
  gthread: async () => ({ create: (await import("./gthread.ts")).createGthread, threads: true }),
  async: async () => ({ create: (await import("./async.ts")).createAsync, threads: false, webSockets: true }),
};

/** One of ours by its name, else a user's by its module. Throws `ERR_WORKER_BOOT` for one that is not there. */
export async function findWorkerClass(name: string): Promise<WorkerClassEntry> {
  const load = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  return load === undefined ? (await import("./custom.ts")).loadWorkerClass(name) : load();
}
