/** The workers: keeps as many as there should be, of the release that is in force, and replaces those that leave. */

import type { Log } from "../base/log.ts";
import { unknownMessage, type DrainOrder, type WorkerMessage } from "../ipc/protocol.ts";
import { BootFailures, bootFailureOf } from "./boot-failures.ts";
import { describeVerdict, type Verdict } from "./deaths/verdicts.ts";
import type { Extensions } from "./extension.ts";
import { Pace } from "./pace.ts";
import { orphansOf, type Release } from "./release.ts";
import { planStaff } from "./staffing.ts";
import type { BootFailure, WorkerHandle } from "./worker-handle.ts";

/** A worker that is to be started. */
export interface Job {
  readonly slotIndex: number;
  readonly generation: number;
  readonly release: Release;
  readonly replaces: WorkerHandle | null;
}

export interface PoolOptions {
  /** How many workers there should be. */
  readonly target: number;
  /** Slots of the scoreboard: workers at one time, the leaving ones included. */
  readonly capacity: number;
  readonly log: Log;
  readonly now: () => number;
  readonly start: (job: Job) => Promise<WorkerHandle>;
  /** Extensions are told of what happens to workers. */
  readonly note: Extensions["note"];
  /** A worker's process is gone, and its slot will be cleared: says how it ended. */
  readonly examine: (worker: WorkerHandle) => Verdict;
  /** No worker has ever come up, and the next one will not either. */
  readonly halt: (failure: BootFailure) => void;
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #pace = new Pace();
  readonly #bootFailures = new BootFailures();
  #target: number;
  /** The one in force; null before the sockets are bound. */
  #release: Release | null = null;
  /** Oldest first. */
  #workers: WorkerHandle[] = [];
  #inbox: { worker: WorkerHandle; message: WorkerMessage }[] = [];
  #generation = 0;
  #announced = false;
  #halted = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#target = options.target;
    options.note("targetChanged", options.target, null);
  }

  /** How many workers there should be. */
  get target(): number {
    return this.#target;
  }

  set target(target: number) {
    if (target !== this.#target) this.#options.note("targetChanged", target, this.#target);
    this.#target = target;
  }

  /** Half of the slots stay free for workers that still drain while their successors serve. */
  get mostWorkers(): number {
    return Math.floor(this.#options.capacity / 2);
  }

  get workers(): readonly WorkerHandle[] {
    return this.#workers;
  }

  /** Failures to boot since a worker was last ready. */
  get bootFailures(): { readonly count: number; readonly problem: string } {
    return this.#bootFailures;
  }

  /** From now on workers are to be of this release; others leave as those become ready. */
  putInForce(release: Release): void {
    this.#release = release;
    this.#pace.forget();
    this.#bootFailures.forget();
  }

  /** Queues a message until the loop comes to it. */
  receive(worker: WorkerHandle, message: WorkerMessage): void {
    this.#inbox.push({ worker, message });
  }

  /** Hears what workers have said and buries those that are gone. */
  reap(): void {
    for (const { worker, message } of this.#inbox.splice(0)) this.#hear(worker, message);
    for (const worker of this.#workers.filter((candidate) => candidate.end !== null)) {
      this.#workers.splice(this.#workers.indexOf(worker), 1);
      // Else each would be kept by its successor, and all of them for ever.
      for (const other of this.#workers) if (other.replaces === worker) other.replaces = null;
      this.#bury(worker);
    }
  }

  /** Starts the workers that are missing, and successors of those that are due; has those leave that are too many. */
  async manage(): Promise<void> {
    const release = this.#release;
    if (release === null) return;
    const plan = planStaff({ workers: this.#workers, release, target: this.#target });
    for (const { worker, cause } of plan.dismiss) this.dismiss(worker, cause);
    if (this.#pace.remaining(this.#options.now()) > 0) return;
    for (let missing = plan.start; missing > 0; missing--) await this.hire(release);
    for (const worker of plan.succeed) await this.hire(release, worker);
  }

  /** Starts a worker; null while there is no slot for it. */
  async hire(release: Release, replaces: WorkerHandle | null = null): Promise<WorkerHandle | null> {
    const slotIndex = this.#freeSlot();
    if (slotIndex >= this.#options.capacity) return null;
    const worker = await this.#options.start({ slotIndex, generation: ++this.#generation, release, replaces });
    this.#workers.push(worker);
    return worker;
  }

  /** Until `manage` has something to do that no event will tell. Infinity: nothing. */
  msUntilStart(): number {
    return this.#pace.remaining(this.#options.now()) || Infinity;
  }

  /** One leaves in order; others take what waits in the accept queues, but for those that its release alone listens on. */
  dismiss(worker: WorkerHandle, cause: DrainOrder["cause"]): void {
    const orphans = orphansOf(worker.release, this.#release ?? worker.release);
    worker.drain({ cause, queue: "leave", ...(orphans.length > 0 && { orphans }) }, this.#options.now());
  }

  /** All leave in order. */
  drainAll(order: Omit<DrainOrder, "type">): void {
    for (const worker of this.#workers) worker.drain(order, this.#options.now());
  }

  /** All leave at once: QUIT lets them say goodbye, KILL does not ask. */
  expelAll(signal: "SIGQUIT" | "SIGKILL"): void {
    for (const worker of this.#workers) worker.expel(signal, this.#options.now());
  }

  /** All leave at once, and others are started in their place at once. */
  startOver(): void {
    this.expelAll("SIGQUIT");
    this.#pace.forget();
    this.#bootFailures.forget();
  }

  // --- internal ---

  #hear(worker: WorkerHandle, message: WorkerMessage): void {
    const { log, now } = this.#options;
    switch (message.type) {
      case "ready":
        this.#bootFailures.succeeded();
        worker.becameReady(now(), message);
        this.#options.note("workerReady", worker);
        return this.#announceOnce();
      case "boot-failed":
        worker.bootFailure = { exit: message.exit, problem: message.problem };
        return;
      case "retire":
        if (message.why === "due") return worker.becomesDue("max-requests", message.reason, log);
        return this.#leavesByItself(worker, message.reason, message.why);
      case "explained":
        worker.explanation = message.text;
        return;
      case "sources":
        return this.#options.note("sourcesTold", worker, message);
      case "checked":
        return; // only check-app asks
      default:
        unknownMessage(message);
    }
  }

  #leavesByItself(worker: WorkerHandle, reason: string, why: "failed" | "told"): void {
    if (worker.phase === "leaving") return;
    worker.leaves(this.#options.now(), reason);
    this.#options.log.info(`Worker (pid:${worker.pid}) leaves: ${reason}`);
    // Like KILL, a TERM from outside says nothing about the application.
    if (why === "failed") this.#slowDown(worker);
  }

  #announceOnce(): void {
    const ready = this.#workers.filter((worker) => worker.phase === "ready").length;
    if (this.#announced || ready < this.target) return;
    this.#announced = true;
    const who = ready === 1 ? "The worker is" : `All ${ready} workers are`;
    this.#options.log.info(`${who} ready after ${performance.now().toFixed(0)} ms`);
    this.#options.note("allReady");
  }

  #bury(worker: WorkerHandle): void {
    const { log, note, examine } = this.#options;
    const isForced = worker.sentence !== "none";
    const verdict = examine(worker);
    worker.bury();
    note("workerGone", worker);
    if (this.#halted) return;
    const hasFailedToBoot = worker.bootFailure !== null || (!isForced && worker.phase !== "leaving");
    if (worker.readyAt === 0 && hasFailedToBoot) return this.#bootDeath(worker, verdict);
    log.log(verdict.level, describeVerdict(verdict));
    // One that we ended for hanging says nothing about its start, nor does a signal from outside.
    const isFromOutside = verdict.cause === "signal" || (verdict.cause === "unknown" && verdict.signal === "SIGKILL");
    if (!isForced && worker.phase !== "leaving" && !isFromOutside) this.#slowDown(worker);
  }

  #bootDeath(worker: WorkerHandle, verdict: Verdict): void {
    const { log, halt, now } = this.#options;
    const failure = bootFailureOf(worker, verdict);
    // A candidate's failure is the reload's, which tells it.
    const isCandidate = worker.release.number > (this.#release?.number ?? 0);
    // In development the next change may be the cure.
    const isFinal = !isCandidate && !worker.settings.reload && this.#bootFailures.isFinal(worker, verdict);
    worker.bootFailure = failure;
    if (isFinal) {
      this.#halted = true;
      halt(failure);
    } else if (!isCandidate) {
      const told = this.#bootFailures.describe(worker, failure.problem, this.#pace.bootFailed(now()));
      if (told !== "") log.error(told);
    }
  }

  #slowDown(worker: WorkerHandle): void {
    const { log, now } = this.#options;
    const readyMs = worker.readyAt === 0 ? 0 : now() - worker.readyAt;
    const delay = this.#pace.died(now(), readyMs, this.target);
    if (delay > 0) log.warning(`Workers die soon after they start: the next one starts in ${delay / 1000} s`);
  }

  #freeSlot(): number {
    const taken = new Set(this.#workers.map((worker) => worker.slotIndex));
    for (let slot = 0; ; slot++) if (!taken.has(slot)) return slot;
  }
}
