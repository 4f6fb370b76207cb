/** A worker as the master sees it: its process, its scoreboard slot, and where it is in its life. */

import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import type { DrainOrder, MasterMessage } from "../ipc/protocol.ts";
import { WorkerState } from "../ipc/scoreboard-layout.ts";
import type { ScoreboardSlot } from "../ipc/scoreboard.ts";
import type { WatchdogBell } from "../ipc/watchdog.ts";
import type { Release } from "./release.ts";
import type { WorkerEnd, WorkerProcess } from "./worker-process.ts";

/** `leaving`: it was told to stop, or said that it will. */
export type WorkerPhase = "booting" | "ready" | "leaving";

/** The settings that have workers replaced. */
export const RECYCLE_CAUSES = ["max-requests", "max-worker-lifetime", "max-worker-memory"] as const;
export type RecycleCause = (typeof RECYCLE_CAUSES)[number];

/** What has been done about a worker that hangs. */
export type Sentence = "none" | "explaining" | "aborted" | "killed";

/** Why the master ends a worker by force. `reason` completes "ended it because …". */
export interface Condemnation {
  readonly cause: "timeout" | "boot-timeout" | "grace" | "stop";
  readonly reason: string;
}

export interface BootFailure {
  readonly exit: number;
  readonly problem: string;
}

export interface HandleParts {
  readonly slotIndex: number;
  readonly slot: ScoreboardSlot;
  readonly generation: number;
  readonly release: Release;
  readonly replaces: WorkerHandle | null;
  readonly process: WorkerProcess;
  readonly bell: WatchdogBell;
  readonly now: number;
}

export class WorkerHandle {
  readonly slotIndex: number;
  readonly slot: ScoreboardSlot;
  /** Order of birth: the lowest is the oldest. */
  readonly generation: number;
  /** What it was started with. */
  readonly release: Release;
  /** It was started to take the place of this one, which serves until it is ready. Null once that one is gone. */
  replaces: WorkerHandle | null;
  readonly spawnedAt: number;
  readonly bell: WatchdogBell;
  phase: WorkerPhase = "booting";
  /** 0 while it never was ready. */
  readyAt = 0;
  leavingSince = 0;
  /** Completes "it left because …"; "" where nothing is known. */
  leavesBecause = "";
  /** What the master told it to do last; null if it leaves of its own accord, or stays. */
  order: Omit<DrainOrder, "type"> | null = null;
  /** Why it is to have a successor; null while it is not. */
  due: string | null = null;
  /** The setting behind that. */
  dueTo: RecycleCause | null = null;
  /** A request that outlasts `timeout` counts as a hang. */
  timesRequests = false;
  /** Why its watchdog gives no stacks; "" when it does. */
  noStacks = "";
  bootFailure: BootFailure | null = null;
  /** Its answer to the last `explain`; null until it comes. */
  explanation: string | null = null;
  sentence: Sentence = "none";
  /** Null while it is not ended by force. */
  condemned: Condemnation | null = null;
  sentencedAt = 0;
  /** Set once the process is gone. */
  end: WorkerEnd | null = null;
  readonly #process: WorkerProcess;

  constructor(parts: HandleParts) {
    this.slotIndex = parts.slotIndex;
    this.slot = parts.slot;
    this.generation = parts.generation;
    this.release = parts.release;
    this.replaces = parts.replaces;
    this.spawnedAt = parts.now;
    this.bell = parts.bell;
    this.#process = parts.process;
    this.slot.set("pid", this.pid);
    this.slot.set("generation", parts.generation);
    this.slot.set("spawnedAt", parts.now);
    this.slot.set("state", WorkerState.BOOTING);
  }

  get settings(): Settings {
    return this.release.settings;
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

  /** It serves on, and is to have a successor. */
  becomesDue(to: RecycleCause, reason: string, log: Log): void {
    if (this.phase === "leaving" || this.due !== null) return;
    this.due = reason;
    this.dueTo = to;
    log.info(`Worker (pid:${this.pid}) is to be replaced: ${reason}`);
  }

  /** It leaves of its own accord. */
  leaves(now: number, because = ""): void {
    if (this.phase === "leaving") return;
    this.phase = "leaving";
    this.leavesBecause = because;
    this.leavingSince = now;
  }

  /** Tells it to finish what it has and leave. One that leaves already hears only of a queue that it is to serve as well. */
  drain(order: Omit<DrainOrder, "type">, now: number): void {
    if (this.phase === "leaving" && (order.queue === "leave" || this.order?.queue === "serve")) return;
    this.leaves(now, this.due ?? BECAUSE[order.cause]);
    this.order = order;
    this.send({ type: "drain", ...order });
  }

  /** Ends it without finishing anything: QUIT lets it say goodbye, KILL does not ask. */
  expel(signal: "SIGQUIT" | "SIGKILL", now: number): void {
    this.leaves(now);
    if (signal === "SIGKILL") {
      this.sentence = "killed";
      this.condemned ??= { cause: "stop", reason: "the server's stop does not wait any longer" };
    }
    this.kill(signal);
  }

  /** Frees what the master holds of it. Its slot can be used again. */
  bury(): void {
    this.bell.close();
    this.slot.clear();
  }
}

// --- internal ---

/** Who is due has a reason of its own; who is not, and yet to be replaced, was named by somebody. */
const BECAUSE: Readonly<Record<DrainOrder["cause"], string>> = {
  stop: "the server stops",
  reload: "a reload has replaced it",
  resize: "there are to be fewer workers",
  recycle: "somebody had it replaced (ctl worker kill)",
  upgrade: "another master has taken over",
};
