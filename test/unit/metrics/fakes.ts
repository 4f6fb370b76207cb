/** Facts for tests of metrics. */

import type { WorkerSnapshot } from "../../../src/ipc/snapshot.ts";
import { NOTHING } from "../../../src/master/tally.ts";
import type { Facts } from "../../../src/metrics/facts.ts";

export { NOTHING };

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
    certificates: [],
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
