/** The async class: many connections at once in the worker's main thread, with keep-alive; at the cap the kernel's backlog takes over. */

import { BaseWorker, type MakeEngine } from "./base-worker.ts";
import type { WorkerClass, WorkerHost } from "./worker-class.ts";

export function createAsync(host: WorkerHost, makeEngine?: MakeEngine): WorkerClass {
  return new BaseWorker(host, makeEngine);
}
