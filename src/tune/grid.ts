/** Which candidates there are for a machine and a load. */

import { type Candidate, concurrency, nameOf, runnable, TUNED_CLASSES, type TunedClass } from "./candidate.ts";

export interface Scope {
  /** CPUs that may be used. */
  readonly cpus: number;
  /** Connections of the load. */
  readonly connections: number;
  /** The setting `worker_connections`. */
  readonly workerConnections: number;
  /** Default: all. */
  readonly classes?: readonly TunedClass[];
}

/** What is tried first, the most likely at the front: a budget may end before all have had a turn. */
export function firstCandidates(scope: Scope): Candidate[] {
  const { cpus } = scope;
  const some = Math.max(1, Math.round(Math.sqrt(cpus)));
  return fitting(scope, [
    make("async", cpus),
    make("gthread", 1, cpus),
    make("sync", cpus),
    make("async", 1),
    make("gthread", 1, 4 * cpus),
    make("sync", 4 * cpus),
    make("gthread", cpus, 4),
    make("sync", 2 * cpus),
    make("gthread", 1, 2 * cpus),
    make("async", Math.ceil(cpus / 2)),
    make("gthread", cpus, 2),
    make("gthread", some, Math.ceil(cpus / some)),
    make("gthread", some, Math.ceil((2 * cpus) / some)),
  ]);
}

/** A step from here: half or twice the workers, or the threads. */
export function neighbours({ workerClass, workers, threads }: Candidate, scope: Scope): Candidate[] {
  const at = (w: number, t: number): Candidate[] =>
    Number.isInteger(w) && Number.isInteger(t) ? [make(workerClass, w, t)] : [];
  const steps = [...at(workers / 2, threads), ...at(workers * 2, threads)];
  if (workerClass === "gthread")
    steps.push(...at(workers, threads / 2), ...at(workers, threads * 2), ...at(workers * 2, threads / 2));
  return fitting(scope, steps);
}

/** Everything within reach: for tests that compare the search with trying all. */
export function fullGrid(scope: Scope): Candidate[] {
  const reached = new Map(firstCandidates(scope).map((candidate) => [nameOf(candidate), candidate]));
  for (const candidate of reached.values()) {
    for (const next of neighbours(candidate, scope))
      if (runnable(next) <= 8 * scope.cpus) reached.set(nameOf(next), next);
  }
  return [...reached.values()];
}

// --- internal ---

/** The most that the setting `threads` takes. */
const MOST_THREADS = 256;

function make(workerClass: TunedClass, workers: number, threads = 1): Candidate {
  return { workerClass, workers, threads, workerConnections: null };
}

/** What makes sense here, once each. */
function fitting(scope: Scope, candidates: readonly Candidate[]): Candidate[] {
  const classes = scope.classes ?? TUNED_CLASSES;
  const known = new Set<string>();
  return candidates
    .filter((candidate) => classes.includes(candidate.workerClass) && candidate.threads <= MOST_THREADS)
    .map((candidate) => trimmed(candidate, scope))
    .filter((candidate) => candidate.workerClass !== "async" || candidate.workers <= 2 * scope.cpus)
    .map((candidate) => withRoom(candidate, scope))
    .filter((candidate) => !known.has(nameOf(candidate)) && known.add(nameOf(candidate)) !== undefined);
}

/** More places than the load has connections only cost memory. */
function trimmed(candidate: Candidate, { connections }: Scope): Candidate {
  if (concurrency(candidate) <= connections) return candidate;
  if (candidate.workerClass === "async") {
    return candidate.workers <= connections ? candidate : { ...candidate, workers: connections };
  }
  const workers = Math.min(candidate.workers, connections);
  return { ...candidate, workers, threads: Math.max(1, Math.floor(connections / workers)) };
}

/** Where the workers together hold fewer connections than the load has, the rest would wait in the kernel for ever. */
function withRoom(candidate: Candidate, { connections, workerConnections }: Scope): Candidate {
  if (candidate.workerClass === "sync" || candidate.workers * workerConnections >= connections) return candidate;
  // Connections do not spread evenly.
  const enough = Math.ceil((connections / candidate.workers) * 1.25);
  return { ...candidate, workerConnections: Math.ceil(enough / 100) * 100 };
}
