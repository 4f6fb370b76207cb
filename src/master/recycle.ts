/** Finds workers that have lived too long or grown too large. They become due; the plan of the staff says when it is their turn. */

import type { Log } from "../base/log.ts";
import { residentBytes } from "../ipc/snapshot.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export interface RecyclerOptions {
  readonly log: Log;
  readonly now: () => number;
  /** Injected in tests. */
  readonly residentBytes?: (pid: number) => number | null;
  readonly random?: () => number;
}

export class Recycler {
  readonly #options: RecyclerOptions;
  /** By how much of `maxWorkerLifetime` each worker's own limit is less, so that those started together are not due together. */
  readonly #shares = new WeakMap<WorkerHandle, number>();
  /** Samples in a row in which it was over the limit. */
  readonly #overLimit = new WeakMap<WorkerHandle, number>();
  #lastSample = -Infinity;

  constructor(options: RecyclerOptions) {
    this.#options = options;
  }

  /** Once a turn of the loop. */
  check(workers: readonly WorkerHandle[]): void {
    const serving = workers.filter((worker) => worker.phase === "ready" && worker.end === null);
    for (const worker of serving) if (worker.due === null) this.#checkAge(worker);
    const now = this.#options.now();
    if (now - this.#lastSample < SAMPLE_MS) return;
    this.#lastSample = now;
    this.#checkMemory(serving);
  }

  // --- internal ---

  #checkAge(worker: WorkerHandle): void {
    const { now, random = Math.random, log } = this.#options;
    const lifetime = worker.settings.maxWorkerLifetime;
    if (lifetime === 0) return;
    let share = this.#shares.get(worker);
    if (share === undefined) this.#shares.set(worker, (share = random() * MOST_LESS));
    const age = (now() - worker.spawnedAt) / 1000;
    if (age < lifetime * (1 - share)) return;
    worker.becomesDue("max-worker-lifetime", `it is ${age.toFixed(0)} s old (max_worker_lifetime is ${lifetime})`, log);
  }

  /** Only as many become due as can be replaced at a time, so that it is always the largest's turn. */
  #checkMemory(serving: readonly WorkerHandle[]): void {
    const read = this.#options.residentBytes ?? residentBytes;
    const over = serving
      .filter((worker) => worker.settings.maxWorkerMemory > 0)
      .map((worker) => ({ worker, bytes: read(worker.pid) ?? 0 }))
      .filter(({ worker, bytes }) => this.#staysOver(worker, bytes))
      .sort((a, b) => b.bytes - a.bytes);
    let due = serving.filter((worker) => worker.due !== null).length;
    for (const { worker, bytes } of over) {
      if (worker.due !== null || due++ >= worker.settings.recycleConcurrency) continue;
      const { maxWorkerMemory } = worker.settings;
      worker.becomesDue(
        "max-worker-memory",
        `it has ${Math.round(bytes / MIB)} MiB (max_worker_memory is ${maxWorkerMemory})`,
        this.#options.log,
      );
      this.#warnOfLowLimit(worker);
    }
  }

  /** One sample says little: a large upload, or a garbage collector that has not run yet. */
  #staysOver(worker: WorkerHandle, bytes: number): boolean {
    const times = bytes > worker.settings.maxWorkerMemory * MIB ? (this.#overLimit.get(worker) ?? 0) + 1 : 0;
    this.#overLimit.set(worker, times);
    return times >= SAMPLES;
  }

  #warnOfLowLimit(worker: WorkerHandle): void {
    const { now, log } = this.#options;
    const seconds = (now() - worker.readyAt) / 1000;
    if (seconds > YOUNG_SECONDS) return;
    log.warning(
      `max_worker_memory is too low for this application: worker (pid:${worker.pid}) was over ${worker.settings.maxWorkerMemory} MiB ` +
        `within ${seconds.toFixed(0)} s, and so will be those that come after it`,
    );
  }
}

// --- internal ---

const MIB = 2 ** 20;
const MOST_LESS = 0.1;
const SAMPLE_MS = 2000;
const SAMPLES = 3;
const YOUNG_SECONDS = 30;
