import { expect, test } from "vitest";
import type { Reading } from "../../../src/cli/status/rates.ts";
import { statusView, workersView } from "../../../src/cli/status/view.ts";
import { styleFor } from "../../../src/base/terminal/style.ts";
import type { ServerStatus, WorkerSnapshot } from "../../../src/master/control/api.ts";

const PLAIN = { width: Infinity, height: Infinity, style: styleFor({}, {}) };
const ANSWERS = { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0, none: 0 };
const CUT = { idle: 0, requests: 0, streams: 0, webSockets: 0 };
const LOG = { warning: 0, error: 0, critical: 0, lost: 0 };
const SUMS = { cut: CUT, log: LOG, statuses: [], latency: [], latencySumMs: 0 };
const COUNTS = { ...SUMS, requests: 0, accepted: 0, bytes: 0, answers: ANSWERS };

const CAUSES = { recycled: {}, deaths: {} } as Pick<ServerStatus["stats"], "recycled" | "deaths">;

function worker(pid: number, given: Partial<WorkerSnapshot> = {}): WorkerSnapshot {
  return {
    ...COUNTS,
    pid,
    generation: pid,
    slot: 0,
    state: "ready",
    ageMs: 65_000,
    readyMs: 60_000,
    beatMs: 400,
    loopDelayMs: 0,
    loopBusy: 0.25,
    active: 0,
    upgraded: 0,
    threads: 0,
    busyThreads: 0,
    connections: 3,
    queued: 0,
    queuedMs: 0,
    unlisted: 0,
    p50Ms: null,
    p99Ms: null,
    heapUsedBytes: 0,
    heapLimitBytes: 0,
    rssBytes: 90 * 1024 ** 2,
    oldest: null,
    ...given,
  };
}

function reading(at: number, workers: WorkerSnapshot[], given: Partial<ServerStatus["stats"]> = {}): Reading {
  const tally = { target: 2, current: 2, ready: workers.length, started: 2, booted: 2, ended: 0 };
  const stats = { pid: 1, version: "1.0.0", uptimeMs: 70_000, rssBytes: 1024 ** 2, directory: "/srv", app: "app.js" };
  const server = {
    workerClass: "sync",
    threads: 1,
    timeoutMs: 30_000,
    workers: tally,
    reloads: { done: 0, failed: 0 },
    ...CAUSES,
    totals: COUNTS,
  };
  const listeners = [{ url: "http://127.0.0.1:8000", queue: { length: 3, limit: 2048 } }];
  return { at, status: { stats: { ...stats, ...server, ...given }, listeners, workers } };
}

/** The cells of a line. */
function cells(line: string | undefined): string[] {
  return (line ?? "").trim().split(/ {2,}/);
}

test("a server at a glance: what it is, what waits, and what each worker does", () => {
  const request = { id: "11:5", pid: 11, method: "GET", target: "/reports", peer: "192.0.2.1:9", ageMs: 1300 };
  const busy = worker(11, { active: 1, requests: 1500, latency: [[1, 2, 100]], oldest: request });
  const totals = { ...COUNTS, requests: 2500, answers: { ...ANSWERS, "2xx": 2400, "5xx": 60, none: 40 } };
  const now = reading(2000, [busy, worker(12, { state: "draining" })], { totals });
  const before = reading(1500, [worker(11, { requests: 1400 })], { totals: { ...totals, requests: 2400 } });
  expect(statusView(now, before, null, PLAIN).map((line) => line.replaceAll(/ +/g, " "))).toEqual([
    "app.js junicorn 1.0.0, pid 1, up 1 min sync 2 of 2 ready",
    "http://127.0.0.1:8000 3 of 2,048 waiting",
    "2,500 requests, 200/s, p50 -, p99 -",
    "2xx 96.0 % 4xx 0 % 5xx 2.4 % unanswered 1.6 % RSS 181 MiB",
    "",
    "PID AGE STATE BEAT BUSY LOOP CONN REQUESTS REQ/S P50 P99 RSS SERVING",
    " 11 1 min ready 0.4 s 1/1 25 % 3 1,500 200 1.5 ms 2.0 ms 90 MiB 1.3 s GET /reports",
    " 12 1 min draining 0.4 s 0/1 25 % 3 0 0 - - 90 MiB -",
  ]);
});

test("the quantiles of a watch are those of its window", () => {
  const now = reading(2000, [
    worker(11, {
      latency: [
        [1, 2, 100],
        [64, 80, 10],
      ],
    }),
  ]);
  const window = reading(0, [worker(11, { latency: [[1, 2, 100]] })]);
  const [, , , , , , line] = statusView(now, window, window, PLAIN);
  expect(cells(line)).toContain("80 ms");
  expect(cells(line)).not.toContain("1.5 ms");
});

test("a worker that hangs is red, also with a time-out shorter than the usual patience", () => {
  const style = styleFor({ isTTY: true }, {});
  const view = (beatMs: number, timeoutMs: number) =>
    workersView(reading(0, [worker(11, { beatMs })], { timeoutMs }).status, { ...PLAIN, style }).join("\n");
  expect(view(3500, 30_000)).toContain("\x1b[31m3.5 s");
  expect(view(1500, 30_000)).not.toContain("\x1b[31m");
  expect(view(1500, 2000)).toContain("\x1b[31m1.5 s");
});

test("threads have a queue", () => {
  const busy = worker(11, { threads: 4, busyThreads: 4, active: 6, queued: 2, queuedMs: 120 });
  const [titles, line] = workersView(reading(0, [busy], { workerClass: "gthread", threads: 4 }).status, PLAIN);
  expect(cells(titles)).toContain("QUEUE");
  expect(cells(line)).toEqual(expect.arrayContaining(["4/4", "2 (120 ms)"]));
});

test("more workers than lines are counted", () => {
  const workers = Array.from({ length: 30 }, (_, at) => worker(100 + at));
  const lines = statusView(reading(0, workers), null, null, { ...PLAIN, height: 12 });
  expect(lines).toHaveLength(12);
  expect(lines.at(-1)).toBe("… and 25 more workers");
});
