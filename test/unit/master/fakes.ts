/** Fakes of what a master stands on: a clock, and workers without processes. */

import type { Settings } from "../../../src/config/settings/index.ts";
import type { MasterMessage } from "../../../src/ipc/protocol.ts";
import { scoreboardSize } from "../../../src/ipc/scoreboard-layout.ts";
import { ScoreboardSlot } from "../../../src/ipc/scoreboard.ts";
import type { WatchdogBell } from "../../../src/ipc/watchdog.ts";
import { OomWatch } from "../../../src/master/deaths/oom-watch.ts";
import { Verdicts } from "../../../src/master/deaths/verdicts.ts";
import type { Listeners } from "../../../src/net/listeners.ts";
import type { Release } from "../../../src/master/release.ts";
import { WorkerHandle } from "../../../src/master/worker-handle.ts";
import type { WorkerEnd } from "../../../src/master/worker-process.ts";

export class FakeClock {
  time = 100_000;
  now = (): number => this.time;
  pass(ms: number): void {
    this.time += ms;
  }
}

/** A release of which only what the master's decisions need is there. */
export function fakeRelease(number = 1, settings: Partial<Settings> = {}, listeners: object[] = []): Release {
  const defaults = {
    timeout: 30,
    bootTimeout: 60,
    gracefulTimeout: 30,
    drainDelay: 0,
    reloadSurge: 0,
    recycleConcurrency: 1,
  };
  return {
    number,
    settings: { ...defaults, ...settings } as Settings,
    listeners: { all: listeners, urls: "" } as unknown as Listeners,
  };
}

export interface FakeWorkerParts {
  slotIndex?: number;
  generation?: number;
  now?: number;
  release?: Release;
  replaces?: WorkerHandle | null;
}

export class FakeWorker extends WorkerHandle {
  signals: string[] = [];
  /** Messages, but the first. */
  sent: MasterMessage[] = [];
  rung = 0;

  constructor({
    slotIndex = 0,
    generation = 1,
    now = 100_000,
    release = fakeRelease(),
    replaces = null,
  }: FakeWorkerParts = {}) {
    const signals: string[] = [];
    const sent: MasterMessage[] = [];
    const shape = { slots: 1, rows: 8 };
    let rung = (): void => {};
    super({
      slotIndex,
      generation,
      release,
      replaces,
      now,
      slot: new ScoreboardSlot(new ArrayBuffer(scoreboardSize(shape)), 0, shape.rows),
      process: {
        pid: 1000 + generation,
        send: (message) => void sent.push(message),
        kill: (signal) => void signals.push(signal),
      },
      bell: { fd: -1, ring: () => rung(), close: () => {} } as unknown as WatchdogBell,
    });
    this.signals = signals;
    this.sent = sent;
    rung = () => this.rung++;
  }

  dies(end: Partial<WorkerEnd>): void {
    this.end = { code: null, signal: null, ...end };
  }
}

/** Verdicts on a machine where nobody counts the kernel's OOM kills. */
export function fakeVerdicts(now: () => number): Verdicts {
  return new Verdicts({ now, workers: () => [], oom: new OomWatch(null, () => null) });
}
