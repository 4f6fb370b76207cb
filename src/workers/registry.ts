/** The worker classes by name. What was not chosen is never loaded. */

import { JunicornError } from "../base/errors.ts";
import type { WorkerClassEntry } from "./worker-class.ts";

const CLASSES: Readonly<Record<string, () => Promise<WorkerClassEntry>>> = {
  sync: async () => ({ create: (await import("./sync.ts")).createSync, threads: false }),
  gthread: async () => ({ create: (await import("./gthread.ts")).createGthread, threads: true }),
  async: async () => ({ create: (await import("./async.ts")).createAsync, threads: false, webSockets: true }),
};

/** Throws `ERR_WORKER_BOOT` for a name that is not there. */
export function findWorkerClass(name: string): Promise<WorkerClassEntry> {
  const load = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  if (load !== undefined) return load();
  const problem = `there is no worker class ${JSON.stringify(name)}; there are ${Object.keys(CLASSES).join(", ")}`;
  throw new JunicornError("ERR_WORKER_BOOT", { problem });
}
