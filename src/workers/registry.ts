/** The worker classes by name. What was not chosen is never loaded. */

import { JunicornError } from "../base/errors.ts";
import type { WorkerClassFactory } from "./worker-class.ts";

const CLASSES: Readonly<Record<string, () => Promise<WorkerClassFactory>>> = {
  sync: async () => (await import("./sync.ts")).createSync,
  async: async () => (await import("./async.ts")).createAsync,
};

/** Throws `ERR_WORKER_BOOT` for a name that is not there. */
export function findWorkerClass(name: string): Promise<WorkerClassFactory> {
  const load = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  if (load !== undefined) return load();
  const problem = `there is no worker class ${JSON.stringify(name)}; there are ${Object.keys(CLASSES).join(", ")}`;
  throw new JunicornError("ERR_WORKER_BOOT", { problem });
}
