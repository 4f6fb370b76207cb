/** A worker as the master sees it: its process, its scoreboard slot, and where it is in its life. */

import type { Settings } from "../config/settings/index.ts";
import type { MasterMessage } from "../ipc/protocol.ts";
import { WorkerState } from "../ipc/scoreboard-layout.ts";
import type { ScoreboardSlot } from "../ipc/scoreboard.ts";
import type { WatchdogBell } from "../ipc/watchdog.ts";
import type { WorkerEnd, WorkerProcess } from "./worker-process.ts";

/** `leaving`: it was told to stop, or said that it will. */
export type WorkerPhase = "booting" | "ready" | "leaving";

/** What has been done about a worker that hangs. */
export type Sentence = "none" | "explaining" | "aborted" | "killed";

export interface BootFailure {
  readonly exit: number;
  readonly problem: string;
}

export interface HandleParts {
  readonly slotIndex: number;
  readonly slot: ScoreboardSlot;
  readonly generation: number;
  readonly process: WorkerProcess;
  readonly bell: WatchdogBell;
  readonly now: number;
}

export class WorkerHandle {
  readonly slotIndex: number;
  readonly slot: ScoreboardSlot;
  /** Order of birth: the lowest is the oldest. */
  readonly generation: number;
  readonly bell: WatchdogBell;
  phase: WorkerPhase = "booting";
  /** 0 while it never was ready. */
  readyAt = 0;
  leavingSince = 0;
  /** A request that outlasts `timeout` counts as a hang. */
  timesRequests = false;
  /** Why its watchdog gives no stacks; "" when it does. */
  noStacks = "";
  bootFailure: BootFailure | null = null;
  sentence: Sentence = "none";
  sentencedAt = 0;
  /** Set once the process is gone. */
  end: WorkerEnd | null = null;
  readonly #process: WorkerProcess;

  constructor(parts: HandleParts) {
    this.slotIndex = parts.slotIndex;
    this.slot = parts.slot;
    this.generation = parts.generation;
    this.bell = parts.bell;
    this.#process = parts.process;
    this.slot.set("pid", this.pid);
    this.slot.set("generation", parts.generation);
    this.slot.set("spawnedAt", parts.now);
    this.slot.set("state", WorkerState.BOOTING);
  }

  get pid(): number {
    return this.#process.pid;
  }

  send(message: MasterMessage<Settings>): void {
    if (this.end === null) this.#process.send(message);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.end === null && this.pid > 0) this.#process.kill(signal);
  }

  becameReady(now: number, facts: { readonly timesRequests: boolean; readonly noStacks: string }): void {
    this.timesRequests = facts.timesRequests;
    this.noStacks = facts.noStacks;
    this.readyAt = now;
    if (this.phase === "booting") this.phase = "ready";
  }

  /** It leaves of its own accord. */
  leaves(now: number): void {
    if (this.phase === "leaving") return;
    this.phase = "leaving";
    this.leavingSince = now;
  }

  /** Tells it to leave; said once, however often it is asked. */
  dismiss(signal: "SIGTERM" | "SIGQUIT", now: number): void {
    if (this.phase === "leaving") return;
    this.leaves(now);
    this.kill(signal);
  }

  /** Frees what the master holds of it. Its slot can be used again. */
  bury(): void {
    this.bell.close();
    this.slot.clear();
  }
}
