/** Who is to be started and who is to leave: a plan made of what is, anew each turn. Nothing here acts. */

import type { Settings } from "../config/settings/index.ts";
import type { ScoreboardShape } from "../ipc/scoreboard-layout.ts";
import type { DrainCause } from "../ipc/protocol.ts";
import type { Release } from "./release.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export interface Staff {
  /** Oldest first. */
  readonly workers: readonly WorkerHandle[];
  /** The one in force. Workers of a later one are candidates, and none of this plan's business. */
  readonly release: Release;
  /** How many workers there should be. */
  readonly target: number;
}

export interface Dismissal {
  readonly worker: WorkerHandle;
  readonly cause: DrainCause;
}

export interface StaffingPlan {
  readonly dismiss: readonly Dismissal[];
  /** How many to start that take nobody's place in particular. */
  readonly start: number;
  /** Workers to start a successor for, which may serve on until it is ready. */
  readonly succeed: readonly WorkerHandle[];
}

/** The number of workers that serve never falls by what this plan does: whoever leaves is too many, or has a successor that is ready. */
export function planStaff({ workers, release, target }: Staff): StaffingPlan {
  const staying = workers.filter((worker) => worker.phase !== "leaving" && worker.release.number <= release.number);
  const outdated = staying.filter((worker) => worker.release !== release);
  const successors = staying.filter((worker) => worker.release === release && replacesOneThatStays(worker));
  const members = staying.filter((worker) => worker.release === release && !successors.includes(worker));
  const { reloadSurge, recycleConcurrency } = release.settings;

  const missing = Math.max(0, target - members.length);
  const booting = members.filter((worker) => worker.phase === "booting").length;
  const rolling = outdated.length > 0;
  const start = rolling && reloadSurge > 0 ? Math.min(missing, Math.max(0, reloadSurge - booting)) : missing;

  const leaving = workers.filter((worker) => worker.phase === "leaving" && worker.order?.cause === "recycle").length;
  const due = members.filter((worker) => worker.due !== null && !successors.some((next) => next.replaces === worker));
  const free = recycleConcurrency - successors.length - leaving;
  // What a reload or a resize replaces anyway is not replaced twice.
  const settled = !rolling && missing === 0 && members.length <= target;
  const succeed = settled ? due.slice(0, Math.max(0, free)) : [];

  return {
    dismiss: [...relieved(successors), ...surplus(outdated, members, target)],
    start,
    succeed,
  };
}

/** Room for every worker and its successor, and for growth by TTIN; memory that is not used is never touched. */
export function shapeFor(settings: Settings): ScoreboardShape {
  return { slots: Math.max(64, settings.workers * 2 + 32), rows: Math.min(settings.workerConnections, 1024) };
}

// --- internal ---

function replacesOneThatStays(worker: WorkerHandle): boolean {
  return worker.replaces !== null && worker.replaces.phase !== "leaving" && worker.replaces.end === null;
}

function relieved(successors: readonly WorkerHandle[]): Dismissal[] {
  return successors
    .filter((worker) => worker.phase === "ready")
    .map((worker) => ({ worker: worker.replaces!, cause: "recycle" }));
}

/** Of those too many, first the outdated, then the oldest. One that serves leaves only when enough others do. */
function surplus(outdated: readonly WorkerHandle[], members: readonly WorkerHandle[], target: number): Dismissal[] {
  const dismissed: Dismissal[] = [];
  let ready = [...outdated, ...members].filter((worker) => worker.phase === "ready").length;
  for (const worker of outdated) {
    if (worker.phase === "ready" && ready-- <= target) break;
    dismissed.push({ worker, cause: "reload" });
  }
  for (const worker of members.slice(0, Math.max(0, members.length - target))) {
    if (worker.phase === "ready" && ready-- <= target) break;
    dismissed.push({ worker, cause: "resize" });
  }
  return dismissed;
}
