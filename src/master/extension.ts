/**
 * What plugs into the master's life beside its own work: hooks, the pidfile, systemd, the control socket. An extension implements the moments it
 * cares for; the table of all of them is extensions.ts.
 */

import { rowOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { LogWriter } from "../base/log-writer.ts";
import type { Settings } from "../config/settings/index.ts";
import type { WorkerMessage } from "../ipc/protocol.ts";
import type { Clock } from "../ipc/clock.ts";
import type { Scoreboard } from "../ipc/scoreboard.ts";
import type { Listeners } from "../net/listeners.ts";
import type { MasterCommands, Outcome, StopMode } from "./commands.ts";
import type { Credentials } from "./credentials.ts";
import type { Verdicts } from "./deaths/verdicts.ts";
import type { MasterHost } from "./host.ts";
import type { Tally } from "./tally.ts";
import type { Upgrade } from "./upgrade.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** The master as extensions see it. All of it is live: ask again, do not keep what was answered. */
export interface MasterContext {
  /** Those in force; a reload replaces them. */
  readonly settings: Settings;
  /** Null before the sockets are bound. */
  readonly listeners: Listeners | null;
  /** Null without TLS, and before the sockets are bound. */
  readonly credentials: Credentials | null;
  readonly log: LogWriter;
  /** CLOCK_MONOTONIC in ms. */
  readonly now: Clock;
  readonly scoreboard: Scoreboard;
  readonly pool: WorkerPool;
  readonly tally: Tally;
  /** On workers that are gone. */
  readonly verdicts: Verdicts;
  readonly commands: MasterCommands;
  readonly upgrading: Upgrade;
  readonly host: MasterHost;
  /** It was told to stop, and no command but those for that does anything any more. */
  readonly stopping: boolean;
  /** Has the loop turn at once instead of within a second. */
  wake(): void;
}

/** Moments come in the order of this list and are waited for, each before the next. */
export interface Extension {
  /** For the log, when one of the moments throws. */
  readonly name: string;
  /** Before the sockets are bound. An error with an exit status ends the start with it. */
  starting?(): void | Promise<void>;
  /** The sockets are bound and signals are heard; no worker has been started. An error with an exit status ends the start with it. */
  listening?(): void | Promise<void>;
  /** A reload begins: the settings are about to be read again. */
  reloading?(): void | Promise<void>;
  /** It has read these, and what they ask for could be opened. No worker has been started with them, and they are not in force yet. */
  settingsRead?(settings: Settings): void | Promise<void>;
  /** A worker has shown that it can serve with them: they are in force, as `master.settings`. Old workers begin to leave. */
  reloaded?(): void | Promise<void>;
  /** The reload is over: all old workers leave, or all is as it was. */
  reloadEnded?(outcome: Outcome): void | Promise<void>;
  /** This master was started to succeed another, and that one is gone. */
  promoted?(): void | Promise<void>;
  /** The log files have been opened anew, for log rotation. */
  logsReopened?(): void | Promise<void>;
  /** An upgrade: before the new master's process is made. */
  beforeUpgrade?(): void | Promise<void>;
  /** Before a worker's process is made. */
  beforeSpawn?(slotIndex: number, generation: number): void | Promise<void>;
  /** A worker's process has been made. */
  spawned?(worker: WorkerHandle): void | Promise<void>;
  /** A worker accepts. */
  workerReady?(worker: WorkerHandle): void | Promise<void>;
  /** With `reload`: a worker tells which files its application is made of. */
  sourcesTold?(worker: WorkerHandle, sources: Extract<WorkerMessage, { type: "sources" }>): void | Promise<void>;
  /** A worker's process is gone; `worker.end` says how. */
  workerGone?(worker: WorkerHandle): void | Promise<void>;
  /** All workers that should be there are ready, for the first time. */
  allReady?(): void | Promise<void>;
  /** How many workers there should be has changed; `before` is null the first time. */
  targetChanged?(target: number, before: number | null): void | Promise<void>;
  /** Once a turn of the loop: whenever something happened, and at least once a second. */
  tick?(now: number): void | Promise<void>;
  /** The loop has ended; workers have not been told yet. */
  stopping?(mode: StopMode): void | Promise<void>;
  /** All workers are gone. Also called when the start failed. */
  stopped?(status: number): void | Promise<void>;
}

export type Moment = Exclude<keyof Extension, "name">;
type Arguments<At extends Moment> = Parameters<NonNullable<Extension[At]>>;

/** All extensions of a master, told together. */
export class Extensions {
  readonly #log: Log;
  #all: readonly Extension[] = [];
  #queue: (() => Promise<void>)[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  attach(all: readonly Extension[]): void {
    this.#all = all;
  }

  /** Resolves when all have heard. What one throws is logged, and keeps nobody else from hearing; errors with an exit status are for the caller. */
  async tell<At extends Moment>(moment: At, ...args: Arguments<At>): Promise<void> {
    for (const extension of this.#all) {
      try {
        await (extension[moment] as ((...all: Arguments<At>) => unknown) | undefined)?.apply(extension, args);
      } catch (error) {
        if (rowOf(error)?.exit !== undefined && ENDS_THE_START.has(moment)) throw error;
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#log.error(`${extension.name} failed (${moment}): ${what}`);
      }
    }
  }

  /** The same, when the loop comes to it: for code that cannot wait. */
  note<At extends Moment>(moment: At, ...args: Arguments<At>): void {
    this.#queue.push(() => this.tell(moment, ...args));
  }

  /** Tells what was noted, in order. */
  async deliver(): Promise<void> {
    for (const tell of this.#queue.splice(0)) await tell();
  }
}

// --- internal ---

const ENDS_THE_START: ReadonlySet<Moment> = new Set<Moment>(["starting", "listening"]);
