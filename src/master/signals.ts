/** Signals never act: a handler queues the name, and the loop looks it up in its table of commands. */

import { inspect } from "node:util";

import type { Log } from "../base/log.ts";
import type { MasterCommands } from "./commands.ts";

/** Those that mean something to a master, as Gunicorn's log spells them. */
export const MASTER_SIGNALS = ["term", "int", "quit", "hup", "usr1", "usr2", "ttin", "ttou", "winch"] as const;

export type MasterSignal = (typeof MASTER_SIGNALS)[number];

/** What each of them asks for. */
const COMMANDS: Record<MasterSignal, (master: MasterCommands) => unknown> = {
  term: (master) => master.stop("graceful"),
  int: (master) => master.stop("quick"),
  quit: (master) => master.stop("quick"),
  hup: (master) => master.reload(),
  usr1: (master) => master.reopenLogs(),
  usr2: (master) => master.upgrade(),
  ttin: (master) => master.resize(+1),
  ttou: (master) => master.resize(-1),
  winch: (master) => master.standDown(),
};

/** Does what a signal asks for, in the master's loop. */
export async function obey(signal: MasterSignal, master: MasterCommands, log: Log): Promise<void> {
  log.log(signal === "winch" ? "debug" : "info", `Handling signal: ${signal}`);
  try {
    await COMMANDS[signal](master);
  } catch (error) {
    // Whatever went wrong, the server is to go on.
    log.error(`The signal ${signal} could not be obeyed: ${inspect(error)}`);
  }
}

/** More than this many unhandled signals are a flood, and dropped. */
const MOST_QUEUED = 16;

/** The part of `process` that is used; a fake in tests. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

export class SignalQueue {
  readonly #source: SignalSource;
  readonly #listeners: [NodeJS.Signals, () => void][];
  #queued: MasterSignal[] = [];

  /** `wake` is called after a signal was queued. */
  constructor(source: SignalSource, wake: () => void) {
    this.#source = source;
    this.#listeners = MASTER_SIGNALS.map((name) => [
      `SIG${name.toUpperCase()}` as NodeJS.Signals,
      () => {
        if (this.#queued.length < MOST_QUEUED) this.#queued.push(name);
        wake();
      },
    ]);
  }

  listen(): void {
    for (const [signal, listener] of this.#listeners) this.#source.on(signal, listener);
  }

  close(): void {
    for (const [signal, listener] of this.#listeners) this.#source.off(signal, listener);
  }

  /** The signals since the last call, in order. */
  take(): MasterSignal[] {
    return this.#queued.splice(0);
  }
}
