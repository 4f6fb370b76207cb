/** The scoreboard as plain objects, for whoever shows or counts it: status, ctl, metrics. Reads only; no worker is asked. */

import { closeSync, openSync, readSync } from "node:fs";

import { type Bucket, quantile } from "../base/quantiles.ts";
import type { RequestInFlight } from "./request-rows.ts";
import { bucketStart, Histogram, type SlotField, Statuses, WorkerState } from "./scoreboard-layout.ts";
import type { Scoreboard, ScoreboardSlot } from "./scoreboard.ts";

export type StateName = "booting" | "ready" | "draining";

/** A request in flight. */
export interface RequestSnapshot {
  /** `PID:NUMBER`, as `junicorn ctl cancel` takes it. */
  readonly id: string;
  readonly pid: number;
  readonly method: string;
  /** At most 112 characters; ends in "…" when cut. */
  readonly target: string;
  readonly peer: string;
  readonly ageMs: number;
}

export type StatusCount = readonly [status: number, count: number];

/** What is counted and only ever grows: of one worker since it started, or of all there ever were. */
export interface Counts {
  /** Begun, and connections accepted. */
  readonly requests: number;
  readonly accepted: number;
  /** Body bytes of answers. */
  readonly bytes: number;
  /** Answers by the first digit of their status, and requests that ended without one. */
  readonly answers: Readonly<Record<"1xx" | "2xx" | "3xx" | "4xx" | "5xx" | "none", number>>;
  /** Answers by their status, those that there were, in order. */
  readonly statuses: readonly StatusCount[];
  /** Messages of the error log by level, whether or not the level is written; and lines of any log that were lost. */
  readonly log: Readonly<Record<"warning" | "error" | "critical" | "lost", number>>;
  /** What was cut by workers that left: connections without a request, requests without an answer, answers under way, WebSockets. */
  readonly cut: Readonly<Record<"idle" | "requests" | "streams" | "webSockets", number>>;
  /** Durations of answered requests. */
  readonly latency: readonly Bucket[];
  /** All of them together, in ms. */
  readonly latencySumMs: number;
}

/** One worker. Times and durations are in milliseconds. */
export interface WorkerSnapshot extends Counts {
  readonly pid: number;
  /** Order of birth in this server: the lowest is the oldest. */
  readonly generation: number;
  readonly slot: number;
  readonly state: StateName;
  readonly ageMs: number;
  /** Since it can serve; null while it boots. */
  readonly readyMs: number | null;
  /** Since the last beat of its event loop; null before the first. */
  readonly beatMs: number | null;
  /** How late that beat was (the worst of late), and the share of the time the loop works, 0 to 1. */
  readonly loopDelayMs: number;
  readonly loopBusy: number;
  /** Requests in flight, and of those the ones whose connection was upgraded. */
  readonly active: number;
  readonly upgraded: number;
  /** Of the `gthread` class: threads that can serve, and those that do; else 0. */
  readonly threads: number;
  readonly busyThreads: number;
  readonly connections: number;
  /** Requests that wait for a thread, and for how long the first of them does. */
  readonly queued: number;
  readonly queuedMs: number;
  /** Requests that found no row, so that `oldest` and the list of requests may not have them. */
  readonly unlisted: number;
  /** Of all its answers; null before the first. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Of JavaScript's heap at the last beat: in use, and how much it may have. */
  readonly heapUsedBytes: number;
  readonly heapLimitBytes: number;
  /** Memory resident now; null where the system does not say. */
  readonly rssBytes: number | null;
  /** The request in flight that began first: what it is serving. */
  readonly oldest: RequestSnapshot | null;
}

/** Every worker there is, oldest first. */
export function snapshotWorkers(scoreboard: Scoreboard, now: number): WorkerSnapshot[] {
  return scoreboard
    .occupied()
    .map((index) => snapshotWorker(scoreboard.slot(index), index, now))
    .toSorted((a, b) => a.generation - b.generation);
}

/** All requests in flight, oldest first. */
export function snapshotRequests(scoreboard: Scoreboard, now: number): RequestSnapshot[] {
  return scoreboard
    .occupied()
    .map((index) => scoreboard.slot(index))
    .flatMap((slot) => slot.rows.list().map((request) => snapshotRequest(slot.get("pid"), request, now)))
    .toSorted((a, b) => b.ageMs - a.ageMs);
}

/** What a slot has counted. */
export function countsOf(slot: ScoreboardSlot): Counts {
  const get = (field: SlotField): number => slot.get(field);
  return {
    requests: get("requests"),
    accepted: get("accepted"),
    bytes: get("bytes"),
    answers: {
      "1xx": get("status1xx"),
      "2xx": get("status2xx"),
      "3xx": get("status3xx"),
      "4xx": get("status4xx"),
      "5xx": get("status5xx"),
      none: get("unanswered"),
    },
    statuses: statusesOf(slot.statuses),
    log: {
      warning: get("logWarning"),
      error: get("logError"),
      critical: get("logCritical"),
      lost: get("logLost"),
    },
    cut: {
      idle: get("cutIdle"),
      requests: get("cutRequests"),
      streams: get("cutStreams"),
      webSockets: get("cutWebSockets"),
    },
    latency: bucketsOf(slot.histogram),
    latencySumMs: get("durations"),
  };
}

/** Answers by status, of all of them together. */
export function sumStatuses(all: readonly (readonly StatusCount[])[]): StatusCount[] {
  const sums = new Map<number, number>();
  for (const [status, count] of all.flat()) sums.set(status, (sums.get(status) ?? 0) + count);
  return [...sums].sort(([a], [b]) => a - b);
}

/** Resident memory of a process, in bytes; null where the system does not say. */
export function residentBytes(pid: number | "self"): number | null {
  let fd: number | undefined;
  try {
    // Not /proc/PID/statm: it counts pages, and Node does not say how large they are. Not readFile: it is asked each second, for each worker.
    fd = openSync(`/proc/${pid}/status`, "r");
    const text = STATUS.toString("latin1", 0, readSync(fd, STATUS));
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(text)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

// --- internal ---

/** The file has about 1.5 KiB, and what is looked for stands in its first half. */
const STATUS = Buffer.allocUnsafeSlow(4096);

const STATES: readonly StateName[] = ["booting", "booting", "ready", "draining"];

function snapshotWorker(slot: ScoreboardSlot, index: number, now: number): WorkerSnapshot {
  const get = (field: SlotField): number => slot.get(field);
  const since = (moment: number): number => Math.max(0, now - moment);
  const counts = countsOf(slot);
  const oldest = slot.rows.first();
  return {
    pid: get("pid"),
    generation: get("generation"),
    slot: index,
    state: STATES[get("state")] ?? "booting",
    ageMs: since(get("spawnedAt")),
    readyMs: get("state") < WorkerState.READY ? null : since(get("readyAt")),
    beatMs: get("heartbeat") === 0 ? null : since(get("heartbeat")),
    loopDelayMs: get("loopDelay"),
    loopBusy: get("loopBusy"),
    active: get("active"),
    upgraded: get("upgraded"),
    threads: get("threads"),
    busyThreads: get("busyThreads"),
    connections: get("connections"),
    queued: get("queued"),
    queuedMs: get("queuedSince") === 0 ? 0 : since(get("queuedSince")),
    unlisted: get("rowOverflow"),
    p50Ms: quantile(counts.latency, 0.5),
    p99Ms: quantile(counts.latency, 0.99),
    heapUsedBytes: get("heapUsed"),
    heapLimitBytes: get("heapLimit"),
    rssBytes: residentBytes(get("pid")),
    oldest: oldest === null ? null : snapshotRequest(get("pid"), oldest, now),
    ...counts,
  };
}

function snapshotRequest(pid: number, request: RequestInFlight, now: number): RequestSnapshot {
  const { id, since, method, target, peer } = request;
  return { id: `${pid}:${id}`, pid, method, target, peer, ageMs: Math.max(0, now - since) };
}

function statusesOf(statuses: Float64Array): StatusCount[] {
  const found: StatusCount[] = [];
  for (let at = 0; at < Statuses.COUNT; at++) if (statuses[at]! > 0) found.push([Statuses.FIRST + at, statuses[at]!]);
  return found;
}

function bucketsOf(histogram: Float64Array): Bucket[] {
  const found: Bucket[] = [];
  for (let bucket = 0; bucket < Histogram.BUCKETS; bucket++) {
    const count = histogram[bucket]!;
    if (count > 0) found.push([bucketStart(bucket) / 1000, bucketStart(bucket + 1) / 1000, count]);
  }
  return found;
}
