/** Fakes of what a master stands on: a clock, and workers without processes. */

import { scoreboardSize } from "../../../src/ipc/scoreboard-layout.ts";
import { ScoreboardSlot } from "../../../src/ipc/scoreboard.ts";
import type { WatchdogBell } from "../../../src/ipc/watchdog.ts";
import { WorkerHandle } from "../../../src/master/worker-handle.ts";
import type { WorkerEnd } from "../../../src/master/worker-process.ts";

export class FakeClock {
  time = 100_000;
  now = (): number => this.time;
  pass(ms: number): void {
    this.time += ms;
  }
}

export class FakeWorker extends WorkerHandle {
  signals: string[] = [];
  rung = 0;

  constructor(slotIndex: number, generation: number, now: number) {
    const signals: string[] = [];
    const shape = { slots: 1, rows: 8 };
    let rung = (): void => {};
    super({
      slotIndex,
      generation,
      now,
      slot: new ScoreboardSlot(new ArrayBuffer(scoreboardSize(shape)), 0, shape.rows),
      process: { pid: 1000 + generation, send: () => {}, kill: (signal) => void signals.push(signal) },
      bell: { fd: -1, ring: () => rung(), close: () => {} } as unknown as WatchdogBell,
    });
    this.signals = signals;
    rung = () => this.rung++;
  }

  dies(end: Partial<WorkerEnd>): void {
    this.end = { code: null, signal: null, ...end };
  }
}
