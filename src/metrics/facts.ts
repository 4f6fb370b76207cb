/** What metrics are made of: the state of a server at one moment. The master gathers it from the scoreboard; no worker is asked. */

import type { Counts, WorkerSnapshot } from "../ipc/snapshot.ts";

export interface Facts {
  readonly version: string;
  readonly app: string;
  readonly workerClass: string;
  /** Of the master: seconds since 1970, and resident memory where the system says. */
  readonly startedAt: number;
  readonly rssBytes: number | null;
  /** How many workers there should be, and how many have been started. */
  readonly target: number;
  readonly started: number;
  /** All there are, in whatever state. */
  readonly workers: readonly WorkerSnapshot[];
  /** Workers that are gone, by what ended them; those that were replaced, by the setting that asked for it. */
  readonly exits: Readonly<Record<string, number>>;
  readonly recycled: Readonly<Record<string, number>>;
  readonly reloads: { readonly done: number; readonly failed: number };
  /** Connections that no worker has accepted yet, of the listeners of which the kernel tells it. */
  readonly acceptQueues: readonly { readonly listener: string; readonly length: number; readonly limit: number }[];
  /** Of the server's own, by file: seconds since 1970 at which they end, and the days until then. */
  readonly certificates: readonly { readonly file: string; readonly endsAt: number; readonly daysLeft: number }[];
  /** Of all workers there ever were, and of the master's own log. */
  readonly totals: Counts;
}

/** Where the connections are: with a request, upgraded to something else, or waiting for one of the two. */
export function connectionsByState(
  workers: readonly WorkerSnapshot[],
): Readonly<Record<"active" | "idle" | "upgraded", number>> {
  const open = sum(workers, ({ connections }) => connections);
  const inFlight = sum(workers, ({ active }) => active);
  const upgraded = sum(workers, (worker) => worker.upgraded);
  // One is counted a moment before the other.
  return { active: Math.max(0, inFlight - upgraded), idle: Math.max(0, open - inFlight), upgraded };
}

/** Workers that serve something. */
export function busyWorkers(workers: readonly WorkerSnapshot[]): number {
  return workers.filter(({ active, upgraded }) => active > upgraded).length;
}

/**
 * How much of what can be done at once is being done, 0 to 1: threads that are busy (`gthread`), workers that serve a request (`sync`), or the
 * share of the time in which event loops work (all others). Null while no worker can serve.
 */
export function saturation({ workers, workerClass }: Pick<Facts, "workers" | "workerClass">): number | null {
  const ready = workers.filter(({ state }) => state === "ready");
  if (ready.length === 0) return null;
  const threads = sum(ready, (worker) => worker.threads);
  if (threads > 0) return Math.min(1, sum(ready, ({ busyThreads }) => busyThreads) / threads);
  if (workerClass === "sync") return busyWorkers(ready) / ready.length;
  return sum(ready, ({ loopBusy }) => Math.min(1, loopBusy)) / ready.length;
}

export function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
