/** Facts for tests of metrics. */

import type { Counts, WorkerSnapshot } from "../../../src/ipc/snapshot.ts";
import type { Facts } from "../../../src/metrics/facts.ts";

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

export function factsWith(given: Partial<Facts> = {}): Facts {
  return {
    version: "1.0.0",
    app: "app.js",
    workerClass: "sync",
    startedAt: 1,
    rssBytes: null,
    target: 1,
    started: 1,
    workers: [],
    exits: { crash: 0 },
    recycled: {},
    reloads: { done: 0, failed: 0 },
    acceptQueues: [],
    totals: NOTHING,
    ...given,
  };
}

export function workerWith(given: Partial<WorkerSnapshot> = {}): WorkerSnapshot {
  return {
    ...NOTHING,
    pid: 1,
    generation: 1,
    slot: 0,
    state: "ready",
    ageMs: 1,
    readyMs: 1,
    beatMs: 1,
    loopDelayMs: 0,
    loopBusy: 0,
    active: 0,
    upgraded: 0,
    threads: 0,
    busyThreads: 0,
    connections: 0,
    queued: 0,
    queuedMs: 0,
    unlisted: 0,
    p50Ms: null,
    p99Ms: null,
    heapUsedBytes: 0,
    heapLimitBytes: 0,
    rssBytes: null,
    oldest: null,
    ...given,
  };
}
