/** The public module `junicorn/worker`: the base of worker classes of your own; see docs/worker-classes.md. */

export { BaseWorker, type MakeEngine } from "./workers/base-worker.ts";
export type { DrainPlan, ServiceLike, WorkerClass, WorkerHost } from "./workers/worker-class.ts";
export type { Engine, EngineOptions } from "./engines/engine.ts";
export type { Exchange } from "./http/exchange.ts";
