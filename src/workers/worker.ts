/** The life of a worker process: start, load, serve, drain, leave. What it serves and how is its class's and the engine's. */

import { setTimeout as sleep } from "node:timers/promises";

import { ExitStatus, JunicornError } from "../base/errors.ts";
import { logOptions, openLog, type LogWriter } from "../base/log-writer.ts";
import type { Settings } from "../config/settings/index.ts";
import type { AppHandler } from "../http/exchange.ts";
import { stackOf } from "../http/failure.ts";
import { Service } from "../http/service.ts";
import { NO_TELEMETRY } from "../http/telemetry.ts";
import { MasterChannel } from "../ipc/channel.ts";
import { monotonicClock, monotonicOrigin } from "../ipc/clock.ts";
import { startBeating } from "../ipc/heartbeat.ts";
import { unknownMessage, WorkerFd, type MasterMessage, type WorkerIdentity } from "../ipc/protocol.ts";
import { WorkerState } from "../ipc/scoreboard-layout.ts";
import { Scoreboard, type ScoreboardSlot } from "../ipc/scoreboard.ts";
import { SlotLogCounts } from "../ipc/slot-log-counts.ts";
import { SlotTelemetry } from "../ipc/slot-telemetry.ts";
import { startWatchdog } from "../ipc/watchdog.ts";
import { bootProblem } from "./application.ts";
import { Assembly, type WorkerParts } from "./assembly.ts";
import { Departure, orphaned, RETIRED } from "./leaving/departure.ts";
import type { DevSources } from "./dev-sources.ts";
import { hooksFor, type HookCaller, type LifeHook, type LoadHooks } from "./hooks.ts";
import { ServedLanes } from "./lanes.ts";
import { leave } from "./leaving/leave.ts";
import { WorkerLogs } from "./logs.ts";
import { become } from "./identity.ts";
import { endWithMaster, setUpProcess } from "./process.ts";
import { findWorkerClass } from "./registry.ts";
import { noteLastWords } from "./last-words.ts";
import { hookRequests } from "./request-hooks.ts";
import { serviceFor } from "./service.ts";
import { heedSignals } from "./signals.ts";
import { Waiting } from "./waiting.ts";
import type { WorkerClass } from "./worker-class.ts";

type Message = MasterMessage<Settings>;
type Start = Extract<Message, { type: "start" }>;

export class Worker {
  readonly #loadHooks: LoadHooks;
  readonly #channel = new MasterChannel<Settings>(process);
  readonly #departure = new Departure();
  readonly #now = monotonicClock();
  readonly #lanes = new ServedLanes();
  readonly #assembly = new Assembly();
  #logs: WorkerLogs | null = null;
  #slot: ScoreboardSlot | null = null;
  /** Null until it serves. */
  #class: WorkerClass | null = null;
  #service: Service | null = null;
  /** Null until they are loaded. */
  #hooks: HookCaller | null = null;
  /** Null unless files are watched. */
  #sources: DevSources | null = null;
  #noStacks = "";
  readonly #waiting = new Waiting();
  #endsInOrder = (): void => {};
  #status: number = ExitStatus.OK;
  /** A message that must be in the pipe before the process ends. */
  #lastWords: Promise<void> = Promise.resolve();

  constructor(loadHooks: LoadHooks) {
    this.#loadHooks = loadHooks;
  }

  /** Does what the master says. Resolves with the exit status; the process is to exit then, whatever the application has left running. */
  async run(): Promise<number> {
    heedSignals(this.#departure, () => this.#logs?.reopen());
    process.on("uncaughtException", (error, origin) => this.#uncaught(error, origin));
    const first = await Promise.race([this.#firstMessage(), this.#departure.asked()]);
    if (first === undefined) return ExitStatus.OK;
    this.#waiting.begin();
    try {
      if (first.type === "check") await this.#check(first.settings, first.identity);
      else if (first.type === "start") await this.#serve(first);
    } catch (error) {
      const failure = bootProblem(error);
      this.#status = failure.exit;
      this.#lastWords = this.#channel.send({ type: "boot-failed", ...failure });
    }
    await this.#hook("workerExit");
    await Promise.all([this.#lastWords, this.#logs?.close()]);
    this.#endsInOrder();
    return this.#status;
  }

  // --- internal ---

  async #check(settings: Settings, identity: WorkerIdentity | null): Promise<void> {
    if (identity !== null) become(identity);
    const log = openLog(logOptions(settings));
    const service = new Service({ log, accessLog: null, telemetry: NO_TELEMETRY });
    await findWorkerClass(settings.workerClass); // one of the user's own may be wrong
    const application = await this.#departure.unlessAsked(this.#assembly.loadApplication({ settings, service, log }));
    if (application !== null)
      await this.#channel.send({ type: "checked", description: application.loaded.description });
  }

  async #serve(start: Start): Promise<void> {
    const { settings } = start;
    this.#assembly.credentials.take(start.tls);
    setUpProcess(start.title, settings);
    this.#logs = new WorkerLogs(settings);
    const log = this.#logs.error;
    const scoreboard = Scoreboard.attach(WorkerFd.SCOREBOARD, start.shape);
    const slot = (this.#slot = scoreboard.slot(start.slot));
    this.#logs.countInto(new SlotLogCounts(slot));
    this.#endsInOrder = noteLastWords(slot.remains);
    log.info(`Booting worker with pid: ${process.pid}`);
    this.#noStacks = startWatchdog(WorkerFd.WATCHDOG, slot);
    const stopBeating = startBeating(slot, this.#now, Math.min(MOST_BEAT_MS, settings.timeout * 250 || MOST_BEAT_MS));

    this.#service = serviceFor({
      settings,
      logs: this.#logs,
      telemetry: new SlotTelemetry(slot, monotonicOrigin()),
      limitReached: (reason) => this.#askForSuccessor("due", reason),
    });
    this.#hooks = await hooksFor({ settings, log, age: slot.get("generation") }, this.#loadHooks);
    if (settings.reload) {
      const { devSources } = await import("./dev-sources.ts");
      this.#sources = devSources(settings, (message) => void this.#channel.send(message));
    }
    await this.#departure.unlessAsked(this.#load(start, log, scoreboard, this.#service));
    if (this.#class === null && this.#departure.wish === "quick") await this.#hook("workerInt");
    if (this.#class === null && this.#departure.wish === "abort") await this.#abort(null);
    if (this.#class !== null) {
      await this.#departure.asked();
      await this.#leave(this.#class, settings);
    } else log.info(`Worker exiting (pid: ${process.pid})`);
    stopBeating();
  }

  async #load(start: Start, log: LogWriter, scoreboard: Scoreboard, service: Service): Promise<void> {
    const { settings } = start;
    await this.#hook("postFork");
    if (start.identity !== null) {
      become(start.identity);
      endWithMaster(settings);
    }
    const parts: WorkerParts = {
      scoreboard,
      slot: start.slot,
      listeners: start.listeners,
      lanes: this.#lanes,
      tls: await this.#assembly.credentials.open(settings, log, this.#hooks!),
      sources: (files) => this.#sources?.add(files),
      retire: (reason) => {
        this.#askForSuccessor("failed", reason);
        this.#departure.ask("graceful", RETIRED);
      },
      explainWith: (explain) => (this.#waiting.elsewhere = explain),
      now: this.#now,
    };
    const make = (page: AppHandler | null): Promise<WorkerClass | null> =>
      this.#assembly.makeClass({ settings, service, log }, parts, page, () => this.#departure.wish !== null);
    const serving = this.#sources === null ? await make(null) : await this.#sources.make(make);
    if (serving === null) return;
    hookRequests(service, this.#hooks!);
    await this.#hook("postWorkerInit");
    if (this.#departure.wish !== null) return;
    this.#class = serving;
    if (service.health !== null) service.health.isReady = () => serving.ready ?? true;
    this.#slot!.set("heartbeat", this.#now());
    this.#slot!.set("readyAt", this.#now());
    this.#slot!.set("state", WorkerState.READY);
    this.#class.start();
    void this.#channel.send({ type: "ready", timesRequests: this.#class.timesRequests, noStacks: this.#noStacks });
  }

  async #leave(serving: WorkerClass, settings: Settings): Promise<void> {
    const departure = this.#departure;
    if (departure.order.provisional && !departure.hasty) this.#askForSuccessor("told", "it was told to by a signal");
    await leave({
      serving,
      service: this.#service!,
      webSockets: this.#assembly.webSockets,
      departure,
      slot: this.#slot!,
      log: this.#logs!.error,
      now: this.#now,
      drainDelayMs: settings.drainDelay * 1000,
      gracefulMs: settings.gracefulTimeout * 1000,
      hurried: () => this.#hook("workerInt"),
      aborted: () => this.#abort(serving),
    });
  }

  /** The master found us hung, yet here we are: the loop turns, and a request was forgotten. Its client is told. */
  async #abort(serving: WorkerClass | null): Promise<void> {
    this.#status = ExitStatus.FAILURE;
    await this.#hook("workerAbort");
    serving?.blame(new JunicornError("ERR_REQUEST_TIMEOUT"));
    await sleep(DRAIN_POLL_MS); // for the answer to leave
  }

  async #hook(name: LifeHook): Promise<void> {
    await this.#hooks?.life(name);
  }

  #firstMessage(): Promise<Message> {
    return new Promise((resolve) => {
      this.#channel.listen(
        (message) => this.#hear(message, resolve),
        () => {
          this.#logs?.error.warning("The master is gone: worker leaves");
          this.#departure.ask("graceful", orphaned(this.#slot?.get("listenersShared") === 1));
        },
      );
    });
  }

  #hear(message: Message, begin: (message: Message) => void): void {
    switch (message.type) {
      case "start":
      case "check":
        return begin(message);
      case "lanes":
        return this.#lanes.set(message.lanes);
      case "drain":
        return this.#departure.ask("graceful", message);
      case "cancel":
        return this.#service?.cancel(message.id);
      case "explain":
        return void this.#waiting.describe().then((text) => this.#channel.send({ type: "explained", text }));
      case "reopen-logs":
        return this.#logs?.reopen();
      case "certificates":
        return this.#assembly.credentials.take(message.tls);
      default:
        unknownMessage(message);
    }
  }

  /** The application's state is unknown after this: log it, fail the request that must be the cause, and make room for a successor. */
  #uncaught(error: unknown, origin: string): void {
    if (this.#assembly.appLoads) return;
    const what = origin === "unhandledRejection" ? "Unhandled rejection" : "Uncaught exception";
    const description = `${what} in worker (pid:${process.pid}): ${stackOf(error)}`;
    if (this.#class === null) {
      const boot = bootProblem(error);
      this.#status = boot.exit;
      this.#lastWords = this.#channel.send({ type: "boot-failed", exit: boot.exit, problem: description });
    } else {
      this.#status = ExitStatus.FAILURE;
      this.#logs!.error.error(description);
      this.#askForSuccessor("failed", what.toLowerCase());
      this.#class.blame(error);
    }
    this.#departure.ask("graceful", RETIRED);
  }

  #askForSuccessor(why: "failed" | "told" | "due", reason: string): void {
    this.#lastWords = this.#channel.send({ type: "retire", reason, why });
  }
}

const DRAIN_POLL_MS = 10;

/** A worker says that it lives four times within `timeout`, and once a second at least. */
const MOST_BEAT_MS = 1000;
