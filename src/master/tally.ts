/** What a server counts over its whole life, beyond that of any worker. */

import { sumBuckets } from "../base/quantiles.ts";
import { type Counts, countsOf, sumStatuses } from "../ipc/snapshot.ts";
import type { Outcome } from "./commands.ts";
import type { Extension } from "./extension.ts";
import { RECYCLE_CAUSES, type RecycleCause, type WorkerHandle } from "./worker-handle.ts";

/** Of the workers' processes. */
export interface WorkerTally {
  readonly started: number;
  /** Those that came to serve. */
  readonly booted: number;
  readonly ended: number;
}

export interface ReloadTally {
  readonly done: number;
  readonly failed: number;
}

export class Tally implements Extension {
  readonly name = "tally";
  #started = 0;
  #booted = 0;
  #ended = 0;
  #reloads = 0;
  #failedReloads = 0;
  readonly #recycled = Object.fromEntries(RECYCLE_CAUSES.map((cause) => [cause, 0])) as Record<RecycleCause, number>;
  #past: Counts = NOTHING;

  spawned(): void {
    this.#started++;
  }

  workerReady(): void {
    this.#booted++;
  }

  reloadEnded({ ok }: Outcome): void {
    if (ok) this.#reloads++;
    else this.#failedReloads++;
  }

  /** Its process is gone, and its slot about to be cleared. Not a moment of extensions: no reader may come between the two and miss what it has counted. */
  buried(worker: WorkerHandle): void {
    this.#ended++;
    if (worker.dueTo !== null) this.#recycled[worker.dueTo]++;
    this.#past = addCounts([this.#past, countsOf(worker.slot)]);
  }

  get workers(): WorkerTally {
    return { started: this.#started, booted: this.#booted, ended: this.#ended };
  }

  get reloads(): ReloadTally {
    return { done: this.#reloads, failed: this.#failedReloads };
  }

  /** Workers that were replaced because of a setting, by that setting. */
  get recycled(): Readonly<Record<RecycleCause, number>> {
    return this.#recycled;
  }

  /** What workers that are gone have counted. With those of the living it never shrinks, so that rates made of it are right. */
  get past(): Counts {
    return this.#past;
  }
}

export function addCounts(all: readonly Counts[]): Counts {
  const sum = (of: (counts: Counts) => number): number => all.reduce((total, counts) => total + of(counts), 0);
  return {
    requests: sum(({ requests }) => requests),
    accepted: sum(({ accepted }) => accepted),
    bytes: sum(({ bytes }) => bytes),
    answers: {
      "1xx": sum(({ answers }) => answers["1xx"]),
      "2xx": sum(({ answers }) => answers["2xx"]),
      "3xx": sum(({ answers }) => answers["3xx"]),
      "4xx": sum(({ answers }) => answers["4xx"]),
      "5xx": sum(({ answers }) => answers["5xx"]),
      none: sum(({ answers }) => answers.none),
    },
    statuses: sumStatuses(all.map(({ statuses }) => statuses)),
    log: {
      warning: sum(({ log }) => log.warning),
      error: sum(({ log }) => log.error),
      critical: sum(({ log }) => log.critical),
      lost: sum(({ log }) => log.lost),
    },
    cut: {
      idle: sum(({ cut }) => cut.idle),
      requests: sum(({ cut }) => cut.requests),
      streams: sum(({ cut }) => cut.streams),
      webSockets: sum(({ cut }) => cut.webSockets),
    },
    latency: sumBuckets(all.map(({ latency }) => latency)),
    latencySumMs: sum(({ latencySumMs }) => latencySumMs),
  };
}

/** What a worker that has done nothing counts. */
export const NOTHING: Counts = {
  requests: 0,
  accepted: 0,
  bytes: 0,
  answers: { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0, none: 0 },
  statuses: [],
  log: { warning: 0, error: 0, critical: 0, lost: 0 },
  cut: { idle: 0, requests: 0, streams: 0, webSockets: 0 },
  latency: [],
  latencySumMs: 0,
};
