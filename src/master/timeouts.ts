/** Finding workers that hang, do not come up or overstay, and ending them: first the reason in the log, then ABRT, then KILL. */

import { ExitStatus } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { WorkerState } from "../ipc/scoreboard-layout.ts";
import { reasonOf, reportHang, type Hang } from "./hang-report.ts";
import type { BootFailure, WorkerHandle } from "./worker-handle.ts";

export interface TimeoutOptions {
  readonly log: Log;
  readonly now: () => number;
  /** Injected in tests. */
  readonly report?: typeof reportHang;
}

/** Beyond its own time limit a leaving worker gets this long to cut connections and write its last lines. */
export const LEAVE_MARGIN_MS = 1000;

/** One that still loads has nothing to finish: it needs only as long as Node may take to start on a slow machine. */
const BOOTING_MS = 5000;

/** Between ABRT and KILL. */
const ABORT_MS = 1000;

/** If the master itself did not run for so long, the machine was frozen: silence of the workers means nothing then. */
const FROZEN_MS = 5000;

export class Timeouts {
  readonly #options: TimeoutOptions;
  #lastCheck: number;
  /** When the machine was last found to have been frozen: what came before counts for nobody. */
  #thawedAt = -Infinity;

  constructor(options: TimeoutOptions) {
    this.#options = options;
    this.#lastCheck = options.now();
  }

  murder(workers: Iterable<WorkerHandle>): void {
    const now = this.#options.now();
    if (now - this.#lastCheck > FROZEN_MS) this.#thawedAt = now;
    this.#lastCheck = now;
    for (const worker of workers) if (worker.end === null) this.#check(worker, now);
  }

  // --- internal ---

  #check(worker: WorkerHandle, now: number): void {
    switch (worker.sentence) {
      case "explaining":
      case "killed":
        return;
      case "aborted":
        if (now - worker.sentencedAt >= ABORT_MS) this.#kill(worker);
        return;
      case "none": {
        if (worker.phase === "leaving" && this.#since(worker.leavingSince, now) > patienceMs(worker))
          return this.#evict(worker);
        const hang = this.#hangOf(worker, now);
        if (hang !== null) void this.#abort(worker, hang, now);
      }
    }
  }

  #hangOf(worker: WorkerHandle, now: number): Hang | null {
    const { slot, settings } = worker;
    if (slot.get("state") < WorkerState.READY) return this.#bootHangOf(worker, now);
    const limit = settings.timeout * 1000;
    if (limit === 0) return null;
    const silent = this.#since(slot.get("heartbeat"), now);
    if (silent > limit) return { kind: "silent", forMs: silent };
    if (!worker.timesRequests) return null;
    const oldest = slot.rows.oldest();
    if (oldest === 0 || this.#since(oldest, now) <= limit) return null;
    const request = slot.rows.first();
    return request === null ? null : { kind: "slow-request", request, forMs: now - request.since };
  }

  #bootHangOf(worker: WorkerHandle, now: number): Hang | null {
    const limit = worker.settings.bootTimeout * 1000;
    const loading = this.#since(worker.spawnedAt, now);
    return limit === 0 || loading <= limit ? null : { kind: "boot", forMs: loading };
  }

  /** How long ago that was, of the time in which the machine ran. */
  #since(moment: number, now: number): number {
    return now - Math.max(moment, this.#thawedAt);
  }

  async #abort(worker: WorkerHandle, hang: Hang, now: number): Promise<void> {
    const { log, report = reportHang } = this.#options;
    worker.sentence = "explaining";
    worker.condemned = { cause: hang.kind === "boot" ? "boot-timeout" : "timeout", reason: reasonOf(hang) };
    const { record, brief } = await report(worker, hang, now).catch((error: unknown) => ({
      record: `WORKER TIMEOUT (pid:${worker.pid}): ${String(error)}`,
      brief: "",
    }));
    log.critical(record);
    if (hang.kind === "boot") worker.bootFailure ??= bootFailure(worker, brief);
    worker.sentence = "aborted";
    worker.sentencedAt = this.#options.now();
    worker.kill("SIGABRT");
  }

  /** It had its time to leave. */
  #evict(worker: WorkerHandle): void {
    worker.condemned = { cause: "grace", reason: `it did not leave within ${patienceMs(worker) / 1000} s` };
    this.#options.log.warning(`Worker (pid:${worker.pid}) has not left in time: killing it`);
    this.#kill(worker);
  }

  #kill(worker: WorkerHandle): void {
    worker.sentence = "killed";
    worker.kill("SIGKILL");
  }
}

/** What a worker that leaves is given: to be noticed by load balancers, to finish, and to say goodbye. */
function patienceMs({ settings, slot }: WorkerHandle): number {
  const patience = (settings.drainDelay + settings.gracefulTimeout) * 1000 + LEAVE_MARGIN_MS;
  return slot.get("readyAt") === 0 ? Math.min(patience, BOOTING_MS) : patience;
}

function bootFailure({ settings }: WorkerHandle, brief: string): BootFailure {
  const problem = `The application did not finish loading within ${settings.bootTimeout} s (--boot-timeout). ${brief}`;
  return { exit: ExitStatus.WORKER_BOOT, problem };
}
