/** Finding workers that hang or overstay, and ending them: first the reason in the log, then ABRT, then KILL. */

import type { Log } from "../base/log.ts";
import { WorkerState } from "../ipc/scoreboard-layout.ts";
import { reportHang, type Hang } from "./hang-report.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export interface TimeoutOptions {
  readonly log: Log;
  readonly now: () => number;
  /** Injected in tests. */
  readonly report?: typeof reportHang;
}

/** Beyond its own time limit a leaving worker gets this long to cut connections and write its last lines. */
export const LEAVE_MARGIN_MS = 1000;

/** Between ABRT and KILL. */
const ABORT_MS = 1000;

/** If the master itself did not run for so long, the machine was frozen: silence of the workers means nothing then. */
const FROZEN_MS = 5000;

export class Timeouts {
  readonly #options: TimeoutOptions;
  #lastCheck: number;

  constructor(options: TimeoutOptions) {
    this.#options = options;
    this.#lastCheck = options.now();
  }

  murder(workers: Iterable<WorkerHandle>): void {
    const now = this.#options.now();
    const frozen = now - this.#lastCheck > FROZEN_MS;
    this.#lastCheck = now;
    if (frozen) return;
    for (const worker of workers) if (worker.end === null) this.#check(worker, now);
  }

  // --- internal ---

  #check(worker: WorkerHandle, now: number): void {
    const { log } = this.#options;
    switch (worker.sentence) {
      case "explaining":
      case "killed":
        return;
      case "aborted":
        if (now - worker.sentencedAt >= ABORT_MS) this.#kill(worker);
        return;
      case "none": {
        if (worker.phase === "leaving" && now - worker.leavingSince > patienceMs(worker)) {
          log.warning(`Worker (pid:${worker.pid}) has not left in time: killing it`);
          return this.#kill(worker);
        }
        const hang = this.#hangOf(worker, now);
        if (hang !== null) void this.#abort(worker, hang, now);
      }
    }
  }

  #hangOf(worker: WorkerHandle, now: number): Hang | null {
    const limit = worker.settings.timeout * 1000;
    const { slot } = worker;
    // A slow start is no hang: loading has its own rules.
    if (limit === 0 || slot.get("state") < WorkerState.READY) return null;
    const silent = now - slot.get("heartbeat");
    if (silent > limit) return { kind: "silent", forMs: silent };
    if (!worker.timesRequests) return null;
    const since = slot.rows.oldest();
    if (since === 0 || now - since <= limit) return null;
    const request = slot.rows.list()[0];
    return request === undefined ? null : { kind: "slow-request", request };
  }

  async #abort(worker: WorkerHandle, hang: Hang, now: number): Promise<void> {
    worker.sentence = "explaining";
    const report = this.#options.report ?? reportHang;
    this.#options.log.critical(
      await report(worker, hang, now).catch((error: unknown) => `WORKER TIMEOUT (pid:${worker.pid}): ${String(error)}`),
    );
    worker.sentence = "aborted";
    worker.sentencedAt = this.#options.now();
    worker.kill("SIGABRT");
  }

  #kill(worker: WorkerHandle): void {
    worker.sentence = "killed";
    worker.kill("SIGKILL");
  }
}

/** What a worker that leaves is given: to be noticed by load balancers, to finish, and to say goodbye. */
function patienceMs({ settings }: WorkerHandle): number {
  return (settings.drainDelay + settings.gracefulTimeout) * 1000 + LEAVE_MARGIN_MS;
}
