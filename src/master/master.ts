/** The master: binds the listeners, keeps the workers, answers signals. It never parses HTTP and never loads the application. */

import { rowOf } from "../base/errors.ts";
import type { LogWriter } from "../base/log-writer.ts";
import type { Settings } from "../config/settings/index.ts";
import { monotonicClock } from "../ipc/clock.ts";
import { Scoreboard } from "../ipc/scoreboard.ts";
import type { Listeners } from "../net/listeners.ts";
import type { WorkerIdentity } from "../ipc/protocol.ts";
import { giveLogFiles, identityOf } from "./accounts.ts";
import { Bell } from "./bell.ts";
import type { MasterCommands, Outcome, StopMode } from "./commands.ts";
import { openCredentials, urlsOf, type Credentials } from "./credentials.ts";
import { Verdicts } from "./deaths/verdicts.ts";
import { Extensions, type MasterContext } from "./extension.ts";
import { extensionsFor } from "./extensions.ts";
import { readHandover } from "./handover.ts";
import type { MasterHost } from "./host.ts";
import { launchWorker } from "./launch.ts";
import { Recycler } from "./recycle.ts";
import { Releases } from "./releases.ts";
import { logEnd, shutDown } from "./shutdown.ts";
import { obey, SignalQueue } from "./signals.ts";
import { adoptSockets, openListeners } from "./sockets.ts";
import { shapeFor } from "./staffing.ts";
import { Tally } from "./tally.ts";
import { Timeouts } from "./timeouts.ts";
import { Upgrade } from "./upgrade.ts";
import { version } from "./version.ts";
import type { BootFailure, WorkerHandle } from "./worker-handle.ts";
import { WorkerPool, type Job } from "./worker-pool.ts";

export class Master implements MasterContext, MasterCommands {
  readonly log: LogWriter;
  readonly now = monotonicClock();
  readonly scoreboard: Scoreboard;
  readonly pool: WorkerPool;
  readonly tally = new Tally();
  readonly verdicts: Verdicts;
  readonly host: MasterHost;
  readonly upgrading: Upgrade;
  readonly #releases: Releases;
  readonly #recycler: Recycler;
  readonly #bell = new Bell();
  readonly #signals = new SignalQueue(process, () => this.wake());
  readonly #timeouts: Timeouts;
  readonly #extensions: Extensions;
  /** Who workers become; null: what we are. */
  #identity: WorkerIdentity | null = null;
  #status = 0;
  /** How to stop; null while running. */
  #stopping: StopMode | null = null;
  /** A quick stop was asked for while it is stopping already. */
  #hurried = false;

  constructor(settings: Settings, log: LogWriter, host: MasterHost) {
    this.host = host;
    this.upgrading = new Upgrade({
      invocation: host.invocation,
      handover: readHandover(host.invocation.environment, process.pid),
      log,
      listeners: () => this.listeners,
      wake: () => this.wake(),
    });
    this.log = log;
    this.#extensions = new Extensions(log);
    this.scoreboard = Scoreboard.create(shapeFor(settings));
    this.pool = new WorkerPool({
      target: settings.workers,
      capacity: this.scoreboard.shape.slots,
      log,
      now: this.now,
      start: (job) => this.#startWorker(job),
      note: (moment, ...args) => this.#extensions.note(moment, ...args),
      examine: (worker) => {
        this.tally.buried(worker);
        return this.verdicts.pronounce(worker);
      },
      halt: (failure) => this.#halt(failure),
    });
    this.verdicts = new Verdicts({ now: this.now, workers: () => this.pool.workers });
    this.#timeouts = new Timeouts({ log, now: this.now });
    const { pool, now } = this;
    this.#recycler = new Recycler({ log, now });
    const extensions = this.#extensions;
    this.#releases = new Releases({ settings, host, pool, extensions, log, now, wake: () => this.wake() });
  }

  get settings(): Settings {
    return this.#releases.settings;
  }

  get listeners(): Listeners | null {
    return this.#releases.listeners;
  }

  get credentials(): Credentials | null {
    return this.#releases.credentials;
  }

  get stopping(): boolean {
    return this.#stopping !== null;
  }

  get commands(): MasterCommands {
    return this;
  }

  /** Serves until told to stop. Resolves with the exit status; nothing is left running then. */
  async run(): Promise<number> {
    this.#extensions.attach([this.tally, this.verdicts, ...(await extensionsFor(this))]);
    if (await this.#start()) await this.#loop();
    await this.#extensions.tell("stopped", this.#status);
    return this.#status;
  }

  wake(): void {
    this.#bell.ring();
  }

  stop(mode: StopMode): void {
    this.#hurried ||= this.#stopping !== null && mode === "quick";
    if (this.#stopping === null || mode === "quick") this.#stopping = mode;
    this.wake();
  }

  reload(): Promise<Outcome> {
    return this.#releases.reload();
  }

  resize(by: number): number {
    this.pool.target = Math.min(Math.max(1, this.pool.target + by), this.pool.mostWorkers);
    this.log.info(`Number of workers: ${this.pool.target}`);
    this.wake();
    return this.pool.target;
  }

  async upgrade(): Promise<Outcome> {
    // Hooks hear only of upgrades that are tried.
    if (this.upgrading.obstacle === "") await this.#extensions.tell("beforeUpgrade");
    return this.upgrading.start();
  }

  standDown(): void {
    // A terminal sends the signal whenever its window changes.
    if (!this.settings.daemon) return;
    this.log.info("All workers leave; HUP brings them back");
    this.pool.target = 0;
  }

  reopenLogs(): void {
    try {
      this.log.reopen();
      if (this.#identity !== null) giveLogFiles(this.settings, this.#identity);
    } catch (error) {
      // It goes on with the old file.
      this.log.error((error as Error).message);
    }
    for (const worker of this.pool.workers) worker.send({ type: "reopen-logs" });
    this.#extensions.note("logsReopened");
  }

  // --- internal ---

  async #start(): Promise<boolean> {
    this.log.info(`Starting junicorn ${version()}`);
    try {
      this.#identity = identityOf(this.settings);
      if (this.#identity !== null) giveLogFiles(this.settings, this.#identity);
      await this.#extensions.tell("starting");
      // Signals keep their default effect until here: who gives up on a port that stays in use is not made to wait.
      const { handover } = this.upgrading;
      const adopted = adoptSockets(handover);
      const credentials = await openCredentials(this.settings);
      const listeners = await openListeners(this.settings, this.log, adopted);
      adopted?.closeExcept(listeners);
      this.#releases.begin(listeners, credentials);
      this.#signals.listen();
      const whose = handover.from === "" ? "" : ` with sockets of ${handover.from}`;
      this.log.info(`Listening at: ${urlsOf({ listeners, credentials })} (${process.pid})${whose}`);
      this.log.info(`Using worker: ${this.settings.workerClass}`);
      await this.#extensions.tell("listening");
      return true;
    } catch (error) {
      const row = rowOf(error);
      if (row === undefined) throw error;
      this.log.log(row.level, (error as Error).message);
      this.#status = row.exit ?? 1;
      this.#letGo();
      return false;
    }
  }

  async #loop(): Promise<void> {
    while (this.#stopping === null) {
      this.#timeouts.murder(this.pool.workers);
      this.#recycler.check(this.pool.workers);
      await this.#releases.advance();
      await this.#extensions.deliver(); // of a new target, before workers are started for it
      await this.pool.manage();
      await this.#turned();
      await this.#bell.wait(Math.min(TICK_MS, this.pool.msUntilStart()));
      this.#handleSignals();
      this.pool.reap();
    }
    this.#releases.abandonReload();
    await this.#stop(this.#stopping);
  }

  /** Extensions hear what has happened. */
  async #turned(): Promise<void> {
    if (this.upgrading.promoted()) await this.#extensions.tell("promoted");
    await this.#extensions.deliver();
    await this.#extensions.tell("tick", this.now());
  }

  #handleSignals(): void {
    for (const signal of this.#signals.take()) void obey(signal, this, this.log);
  }

  async #startWorker(job: Job): Promise<WorkerHandle> {
    await this.#extensions.tell("beforeSpawn", job.slotIndex, job.generation);
    const worker = launchWorker(job, {
      scoreboard: this.scoreboard,
      now: this.now,
      variables: this.host.variables,
      identity: this.#identity,
      events: {
        message: (from, message) => {
          this.pool.receive(from, message);
          this.wake();
        },
        gone: () => this.wake(),
      },
    });
    this.#extensions.note("spawned", worker);
    return worker;
  }

  #halt(failure: BootFailure): void {
    this.log.error(failure.problem);
    this.#status = failure.exit;
    this.stop("quick");
  }

  async #stop(mode: StopMode): Promise<void> {
    await this.#extensions.tell("stopping", mode);
    await shutDown(mode, {
      pool: this.pool,
      listeners: this.listeners!,
      bell: this.#bell,
      log: this.log,
      now: this.now,
      drainDelayMs: this.settings.drainDelay * 1000,
      gracefulMs: this.settings.gracefulTimeout * 1000,
      hurried: () => {
        const signals = this.#signals.take();
        if (signals.includes("usr1")) void obey("usr1", this, this.log); // log rotation does not wait for a drain
        const asked = signals.includes("int") || signals.includes("quit") || this.#hurried;
        this.#hurried = false;
        return asked;
      },
      murder: () => this.#timeouts.murder(this.pool.workers),
      turned: () => this.#turned(),
    });
    logEnd(this.log, this.#status, this.upgrading.suffix);
    this.#letGo();
  }

  #letGo(): void {
    this.listeners?.close();
    this.#signals.close();
  }
}

const TICK_MS = 1000;
