/** What can be said only of two readings: requests a second, and how long the requests between them took. */

import { type Bucket, bucketsSince, quantile } from "../../base/quantiles.ts";
import type { ServerStatus, WorkerSnapshot } from "../../master/control/api.ts";

/** A reading, and when it was taken, in ms of any steady clock. */
export interface Reading {
  readonly at: number;
  readonly status: ServerStatus;
}

export interface Rates {
  /** Null without an earlier reading. */
  readonly perSecond: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Of the whole server. `before` is a moment ago, for the rate; `window` a while ago, for the quantiles. */
export function serverRates(now: Reading, before: Reading | null, window: Reading | null): Rates {
  const totals = (reading: Reading) => reading.status.stats.totals;
  return {
    perSecond: before === null ? null : perSecond(totals(now).requests - totals(before).requests, before, now),
    ...quantiles(totals(now).latency, window === null ? [] : totals(window).latency),
  };
}

/** Of one worker; a worker that was not there before began from nothing. */
export function workerRates(
  worker: WorkerSnapshot,
  now: Reading,
  before: Reading | null,
  window: Reading | null,
): Rates {
  const earlier = find(before, worker);
  return {
    perSecond: before === null ? null : perSecond(worker.requests - (earlier?.requests ?? 0), before, now),
    ...quantiles(worker.latency, find(window, worker)?.latency ?? []),
  };
}

// --- internal ---

function find(reading: Reading | null, { pid, generation }: WorkerSnapshot): WorkerSnapshot | undefined {
  return reading?.status.workers.find((other) => other.pid === pid && other.generation === generation);
}

function perSecond(requests: number, before: Reading, now: Reading): number {
  const seconds = (now.at - before.at) / 1000;
  return seconds <= 0 ? 0 : Math.max(0, requests) / seconds;
}

function quantiles(
  latency: readonly Bucket[],
  earlier: readonly Bucket[],
): { p50Ms: number | null; p99Ms: number | null } {
  const buckets = bucketsSince(latency, earlier);
  return { p50Ms: quantile(buckets, 0.5), p99Ms: quantile(buckets, 0.99) };
}
