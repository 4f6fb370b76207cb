/** Which hooks are called in workers; the master calls the others. Worker and config both have to know, and neither may know the other. */

export const WORKER_HOOKS = [
  "postFork",
  "postWorkerInit",
  "workerInt",
  "workerAbort",
  "preRequest",
  "postRequest",
  "workerExit",
  "sslContext",
] as const;

export type WorkerHookName = (typeof WORKER_HOOKS)[number];
