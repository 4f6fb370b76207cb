/** The workers: keeps as many as there should be, replaces those that leave, and judges deaths during the start. */

import { ExitStatus, type LogLevel } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { unknownMessage, type WorkerMessage } from "../ipc/protocol.ts";
import { Backoff } from "../base/backoff.ts";
import { describeEnd, describeRequests } from "./describe.ts";
import type { Extensions } from "./extension.ts";
import type { BootFailure, WorkerHandle } from "./worker-handle.ts";

export interface PoolOptions {
  /** How many workers there should be. */
  readonly target: number;
  /** Slots of the scoreboard: workers at one time, the leaving ones included. */
  readonly capacity: number;
  readonly log: Log;
  readonly now: () => number;
  /** Starts a worker in a free slot. */
  readonly start: (slot: number, generation: number) => Promise<WorkerHandle>;
  /** Extensions are told of what happens to workers. */
  readonly note: Extensions["note"];
  /** A worker's process is gone, and its slot will be cleared. */
  readonly beforeBurial?: (worker: WorkerHandle) => void;
  /** No worker has ever come up, and the next one will not either. */
  readonly halt: (failure: BootFailure) => void;
  readonly backoff?: Backoff;
}

/** Deaths by signal while loading, before any worker ever was ready, after which the start is given up. */
const BOOT_DEATHS = 3;

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #backoff: Backoff;
  #target: number;
  /** Oldest first. */
  #workers: WorkerHandle[] = [];
  #inbox: { worker: WorkerHandle; message: WorkerMessage }[] = [];
  #generation = 0;
  #everReady = false;
  #announced = false;
  #bootDeaths = 0;
  #lastProblem = "";
  #halted = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
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

  get workers(): readonly WorkerHandle[] {
    return this.#workers;
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
      this.#bury(worker);
    }
  }

  /** Starts the workers that are missing and dismisses the oldest of those too many. */
  async manage(): Promise<void> {
    const { now, capacity } = this.#options;
    const staying = this.#workers.filter((worker) => worker.phase !== "leaving");
    for (const worker of staying.slice(0, Math.max(0, staying.length - this.target))) worker.dismiss("SIGTERM", now());
    let missing = this.target - staying.length;
    while (missing-- > 0 && this.#workers.length < capacity && this.#backoff.remaining(now()) === 0) {
      this.#workers.push(await this.#options.start(this.#freeSlot(), ++this.#generation));
    }
  }

  /** Until `manage` has something to do that no event will tell. Infinity: nothing. */
  msUntilStart(): number {
    const delay = this.#backoff.remaining(this.#options.now());
    return delay === 0 ? Infinity : delay;
  }

  /** All workers are to leave: TERM lets them finish, QUIT does not, KILL does not ask. */
  dismissAll(signal: "SIGTERM" | "SIGQUIT" | "SIGKILL"): void {
    for (const worker of this.#workers) {
      worker.leaves(this.#options.now());
      if (signal === "SIGKILL") worker.sentence = "killed";
      worker.kill(signal);
    }
  }

  // --- internal ---

  #hear(worker: WorkerHandle, message: WorkerMessage): void {
    const { log, now } = this.#options;
    switch (message.type) {
      case "ready":
        this.#everReady = true;
        this.#lastProblem = "";
        worker.becameReady(now(), message);
        this.#options.note("workerReady", worker);
        return this.#announceOnce();
      case "boot-failed":
        worker.bootFailure = { exit: message.exit, problem: message.problem };
        return;
      case "retire":
        if (worker.phase === "leaving") return;
        worker.leaves(now());
        log.info(`Worker (pid:${worker.pid}) leaves: ${message.reason}`);
        return this.#slowDown(worker);
      case "checked":
        return; // only check-app asks
      default:
        unknownMessage(message);
    }
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
    const { log, now } = this.#options;
    const end = worker.end!;
    const cause = worker.sentence !== "none" ? "forced" : worker.phase === "leaving" ? "asked" : "unasked";
    const { level, text } = describeEnd(worker.pid, end, cause);
    // What it was serving is lost with it, unless the report of its hang has said so, or it has cut it by itself.
    const lost =
      cause === "unasked" || (end.signal !== null && worker.sentencedAt === 0) ? worker.slot.rows.list() : [];
    const requests = lost.length === 0 ? "" : ` Requests lost:${describeRequests(lost, now())}`;
    this.#options.beforeBurial?.(worker);
    worker.bury();
    this.#options.note("workerGone", worker);
    if (this.#halted) return;
    if (worker.readyAt === 0 && cause === "unasked") return this.#bootDeath(worker, level, text);
    log.log(level, text + requests);
    // One that we ended for hanging says nothing about its start.
    if (cause === "unasked") this.#slowDown(worker);
  }

  /** Before any worker was ready there is nothing to keep alive: say why, once, and stop. Later a working server goes on, and tries again. */
  #bootDeath(worker: WorkerHandle, level: LogLevel, text: string): void {
    const { log, halt } = this.#options;
    const end = worker.end!;
    const failure = worker.bootFailure ?? {
      exit: ExitStatus.WORKER_BOOT,
      problem:
        end.code === null
          ? text
          : `The application ended the process with status ${end.code} while it was being loaded.`,
    };
    const final = worker.bootFailure !== null || end.code !== null || ++this.#bootDeaths >= BOOT_DEATHS;
    if (!this.#everReady && final) {
      this.#halted = true;
      return halt(failure);
    }
    // The same cause again and again is said in full once.
    const problem = failure.problem === this.#lastProblem ? "for the same reason as before" : failure.problem;
    this.#lastProblem = failure.problem;
    log.log(level, `Worker (pid:${worker.pid}) failed to boot: ${problem}`);
    this.#slowDown(worker);
  }

  #slowDown(worker: WorkerHandle): void {
    const { log, now } = this.#options;
    const readyMs = worker.readyAt === 0 ? 0 : now() - worker.readyAt;
    const delay = this.#backoff.died(now(), readyMs, this.target);
    if (delay > 0) log.warning(`Workers die soon after they start: the next one starts in ${delay / 1000} s`);
  }

  #freeSlot(): number {
    const taken = new Set(this.#workers.map((worker) => worker.slotIndex));
    for (let slot = 0; ; slot++) if (!taken.has(slot)) return slot;
  }
}
