/** The async class: many connections at once in the worker's main thread, with keep-alive; at the cap the kernel's backlog takes over. */

import { BaseWorker, type MakeEngine } from "./base-worker.ts";
import type { WorkerClass, WorkerHost } from "./worker-class.ts";

export function createAsync(host: WorkerHost, makeEngine?: MakeEngine): WorkerClass {
  host.limitUnsent(MOST_UNSENT);
  return new BaseWorker(host, makeEngine);
}

// --- internal ---

/**
 * In bytes. Linux would take some 4 MiB from each client that does not read: a few hundred of them fill what it has for all of TCP, and then
 * nobody is served in time. This is enough to keep a fast line busy between two turns of the event loop.
 */
const MOST_UNSENT = 512 * 1024;
