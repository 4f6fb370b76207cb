/** All that is known of a worker's end, gathered before its slot is cleared. */

import { readFileSync } from "node:fs";

import type { CrashRecord, LastWordsOf } from "../../ipc/last-words.ts";
import type { Condemnation, WorkerHandle } from "../worker-handle.ts";
import type { WorkerEnd } from "../worker-process.ts";
import type { OomFinding } from "./oom-watch.ts";

/** Something that was measured, and how long before the end. */
export interface Measured {
  readonly bytes: number;
  readonly agoMs: number;
}

export interface Evidence {
  readonly pid: number;
  readonly end: WorkerEnd;
  /** It had been told to leave, or had said that it will. */
  readonly leaving: boolean;
  /** Why, where that is known; "" if not. */
  readonly leavesBecause: string;
  /** Why the master ended it by force; null if it did not. */
  readonly condemned: Condemnation | null;
  /** Why it could not boot, as it said itself; null if it did not. */
  readonly bootProblem: string | null;
  readonly words: LastWordsOf | null;
  readonly crash: CrashRecord | null;
  /** Name of the program that sent the signal, if `crash` knows of one, and it still runs. */
  readonly sender: string | null;
  readonly resident: Measured | null;
  /** JavaScript's heap; null before the first beat. */
  readonly heap: (Measured & { readonly limit: number }) | null;
  /** Of a SIGKILL that is not the master's. */
  readonly oom: OomFinding | null;
}

/** `resident`: the last sample of its memory. */
export function gatherEvidence(
  worker: WorkerHandle,
  now: number,
  resident: { readonly bytes: number; readonly at: number } | null,
  judgeOom: (pid: number) => OomFinding,
): Evidence {
  const { slot, pid, condemned } = worker;
  const end = worker.end!;
  const limit = slot.get("heapLimit");
  // First as the worker starts, then with each beat.
  const measuredAt = Math.max(slot.get("heartbeat"), worker.spawnedAt);
  return {
    pid,
    end,
    leaving: worker.phase === "leaving",
    leavesBecause: worker.leavesBecause,
    condemned,
    bootProblem: worker.bootFailure?.problem ?? null,
    words: slot.remains.words,
    crash: slot.remains.crash,
    sender: programOf(slot.remains.crash?.sender ?? 0),
    resident: resident === null ? null : { bytes: resident.bytes, agoMs: now - resident.at },
    heap: limit === 0 ? null : { bytes: slot.get("heapUsed"), agoMs: now - measuredAt, limit },
    oom: end.signal === "SIGKILL" && condemned === null ? judgeOom(pid) : null,
  };
}

// --- internal ---

function programOf(pid: number): string | null {
  try {
    return pid === 0 ? null : readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return null;
  }
}
