/** The master: binds the listeners, keeps the workers, answers signals. It never parses HTTP and never loads the application. */

import { rowOf } from "../base/errors.ts";
import type { LogWriter } from "../base/log-writer.ts";
import type { Settings } from "../config/settings/index.ts";
import { monotonicClock } from "../ipc/clock.ts";
import { WorkerFd } from "../ipc/protocol.ts";
import { Scoreboard } from "../ipc/scoreboard.ts";
import { WatchdogBell } from "../ipc/watchdog.ts";
import { parseAddress } from "../net/address.ts";
import { bindListeners, type Listeners } from "../net/listeners.ts";
import { Bell } from "./bell.ts";
import { SignalQueue, type MasterSignal } from "./signals.ts";
import { LEAVE_MARGIN_MS, Timeouts } from "./timeouts.ts";
import { version } from "./version.ts";
import { WorkerHandle, type BootFailure } from "./worker-handle.ts";
import { WorkerPool } from "./worker-pool.ts";
import { spawnWorker } from "./worker-process.ts";

export class Master {
  readonly #settings: Settings;
  readonly #log: LogWriter;
  readonly #now = monotonicClock();
  readonly #bell = new Bell();
  readonly #signals = new SignalQueue(process, () => this.#bell.ring());
  readonly #scoreboard: Scoreboard;
  readonly #pool: WorkerPool;
  readonly #timeouts: Timeouts;
  #listeners: Listeners | null = null;
  #status = 0;
  /** How to stop; null while running. */
  #stopping: "graceful" | "quick" | null = null;

  constructor(settings: Settings, log: LogWriter) {
    this.#settings = settings;
    this.#log = log;
    this.#scoreboard = Scoreboard.create(shapeFor(settings));
    this.#pool = new WorkerPool({
      target: settings.workers,
      capacity: this.#scoreboard.shape.slots,
      log,
      now: this.#now,
      start: (slot, generation) => this.#startWorker(slot, generation),
      allReady: (count) =>
        log.info(
          `${count === 1 ? "The worker is" : `All ${count} workers are`} ready after ${performance.now().toFixed(0)} ms`,
        ),
      halt: (failure) => this.#halt(failure),
    });
    this.#timeouts = new Timeouts({
      timeoutMs: settings.timeout * 1000,
      gracefulMs: settings.gracefulTimeout * 1000,
      log,
      now: this.#now,
    });
  }

  /** Serves until told to stop. Resolves with the exit status; nothing is left running then. */
  async run(): Promise<number> {
    if (!(await this.#start())) return this.#status;
    while (this.#stopping === null) {
      this.#timeouts.murder(this.#pool.workers);
      this.#pool.manage();
      await this.#bell.wait(Math.min(TICK_MS, this.#pool.msUntilStart()));
      this.#handleSignals();
      this.#pool.reap();
    }
    await this.#stop();
    return this.#status;
  }

  // --- internal ---

  async #start(): Promise<boolean> {
    const { bind, backlog, workerClass, headerTimeout } = this.#settings;
    this.#log.info(`Starting junicorn ${version()}`);
    try {
      // Signals keep their default effect until here: who gives up on a port that stays in use is not made to wait.
      this.#listeners = await bindListeners(bind.map(parseAddress), {
        backlog,
        log: this.#log,
        deferAcceptSeconds: deferSeconds(workerClass, headerTimeout),
      });
    } catch (error) {
      const row = rowOf(error);
      if (row === undefined) throw error;
      this.#log.log(row.level, (error as Error).message);
      this.#status = row.exit ?? 1;
      return false;
    }
    this.#signals.listen();
    this.#log.info(`Listening at: ${this.#listeners.urls} (${process.pid})`);
    this.#log.info(`Using worker: ${workerClass}`);
    return true;
  }

  readonly #commands: Record<MasterSignal, () => void> = {
    term: () => (this.#stopping = "graceful"),
    int: () => (this.#stopping = "quick"),
    quit: () => (this.#stopping = "quick"),
    ttin: () => this.#resize(+1),
    ttou: () => this.#resize(-1),
    usr1: () => this.#reopenLogs(),
    hup: () => this.#log.info("There is nothing to do for hup: this version does not reload"),
    usr2: () => this.#log.info("There is nothing to do for usr2: this version does not upgrade in place"),
    // A terminal sends it whenever its window changes.
    winch: () => {},
  };

  #handleSignals(): void {
    for (const signal of this.#signals.take()) {
      this.#log.log(signal === "winch" ? "debug" : "info", `Handling signal: ${signal}`);
      this.#commands[signal]();
    }
  }

  #resize(by: number): void {
    // Half of the slots stay free for workers that still drain while their successors serve.
    const most = Math.floor(this.#scoreboard.shape.slots / 2);
    this.#pool.target = Math.min(Math.max(1, this.#pool.target + by), most);
    this.#log.info(`Number of workers: ${this.#pool.target}`);
  }

  #reopenLogs(): void {
    this.#log.reopen();
    for (const worker of this.#pool.workers) worker.send({ type: "reopen-logs" });
  }

  #startWorker(slotIndex: number, generation: number): WorkerHandle {
    const listeners = this.#listeners!.all;
    const bell = new WatchdogBell();
    const fds = [this.#scoreboard.fd, bell.fd, ...listeners.map((listener) => listener.fd)];
    const child = spawnWorker(fds, {
      message: (message) => {
        this.#pool.receive(worker, message);
        this.#bell.ring();
      },
      gone: (end) => {
        worker.end = end;
        this.#bell.ring();
      },
    });
    const slot = this.#scoreboard.slot(slotIndex);
    const worker = new WorkerHandle({ slotIndex, slot, generation, process: child, bell, now: this.#now() });
    worker.send({
      type: "start",
      settings: this.#settings,
      slot: slotIndex,
      shape: this.#scoreboard.shape,
      listeners: listeners.map(({ host, port, unixPath }, index) => ({
        fd: WorkerFd.FIRST_LISTENER + index,
        host,
        port,
        unixPath,
      })),
    });
    return worker;
  }

  #halt(failure: BootFailure): void {
    this.#log.error(failure.problem);
    this.#status = failure.exit;
    this.#stopping = "quick";
  }

  /** TERM or QUIT for all, patience, then KILL. A second INT or QUIT shortens the patience. */
  async #stop(): Promise<void> {
    this.#listeners?.close();
    this.#pool.dismissAll(this.#stopping === "graceful" ? "SIGTERM" : "SIGQUIT");
    let deadline = this.#now() + this.#settings.gracefulTimeout * 1000 + LEAVE_MARGIN_MS;
    while (this.#pool.workers.length > 0 && this.#now() < deadline) {
      await this.#bell.wait(Math.min(TICK_MS, deadline - this.#now()));
      if (this.#signals.take().some((signal) => signal === "int" || signal === "quit")) {
        if (deadline > this.#now() + QUICK_MS) this.#log.info("Quick shutdown requested");
        this.#pool.dismissAll("SIGQUIT");
        deadline = Math.min(deadline, this.#now() + QUICK_MS);
      }
      this.#pool.reap();
    }
    await this.#killTheRest();
    const level = this.#status === 0 ? "info" : "error";
    this.#log.log(level, "Shutting down: Master");
    const reason = REASONS[this.#status];
    if (reason !== undefined) this.#log.error(`Reason: ${reason}`);
    this.#signals.close();
  }

  async #killTheRest(): Promise<void> {
    if (this.#pool.workers.length === 0) return;
    this.#log.warning(`Killing ${this.#pool.workers.length} worker(s) that did not stop in time`);
    this.#pool.dismissAll("SIGKILL");
    const deadline = this.#now() + QUICK_MS;
    while (this.#pool.workers.length > 0 && this.#now() < deadline) {
      await this.#bell.wait(100);
      this.#pool.reap();
    }
  }
}

const TICK_MS = 1000;

/** What is left of the patience after a second INT or QUIT. */
const QUICK_MS = 2000;

/** The kernel repeats its SYN-ACK while it waits, and gives up after about a minute. */
const MOST_DEFER_SECONDS = 30;

/**
 * How long the kernel may keep a connection to itself until its first bytes are here. In the sync class a silent client would keep a worker from its
 * work, so as long as it may be silent at all; elsewhere just long enough that most requests are there to be looked at when the connection is.
 */
function deferSeconds(workerClass: string, headerTimeout: number): number {
  if (workerClass !== "sync") return 1;
  return Math.ceil(Math.min(headerTimeout || MOST_DEFER_SECONDS, MOST_DEFER_SECONDS));
}

const REASONS: Record<number, string> = { 3: "Worker failed to boot.", 4: "App failed to load." };

/** Room for every worker and its successor, and for growth by TTIN; memory that is not used is never touched. */
function shapeFor(settings: Settings): { slots: number; rows: number } {
  return { slots: Math.max(64, settings.workers * 2 + 32), rows: Math.min(settings.workerConnections, 1024) };
}
