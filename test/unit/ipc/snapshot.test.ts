import { expect, test } from "vitest";
import { type SlotField, WorkerState } from "../../../src/ipc/scoreboard-layout.ts";
import { Scoreboard } from "../../../src/ipc/scoreboard.ts";
import { SlotLogCounts } from "../../../src/ipc/slot-log-counts.ts";
import { SlotTelemetry } from "../../../src/ipc/slot-telemetry.ts";
import { snapshotRequests, snapshotWorkers, sumStatuses } from "../../../src/ipc/snapshot.ts";

const PEER = { remoteAddress: "192.0.2.7", remotePort: 4711, unixPath: "" };

function scoreboardWith(index: number, values: Partial<Record<SlotField, number>>) {
  const scoreboard = Scoreboard.create({ slots: 4, rows: 4 });
  const slot = scoreboard.slot(index);
  for (const [field, value] of Object.entries(values)) slot.set(field as SlotField, value);
  return { scoreboard, slot };
}

test("a worker as status shows it: what it has answered, how fast, and what it serves now", () => {
  const ready = { pid: process.pid, generation: 7, spawnedAt: 1000, readyAt: 1500, heartbeat: 9000, queuedSince: 9400 };
  const { scoreboard, slot } = scoreboardWith(2, { ...ready, state: WorkerState.READY, queued: 3 });
  const telemetry = new SlotTelemetry(slot, 8000);
  const over = telemetry.begin({ method: "GET", target: "/fast", peer: PEER, startedAt: 0 });
  telemetry.end(over, { status: 200, bytesSent: 6 }, 2);
  telemetry.begin({ method: "POST", target: "/slow", peer: PEER, startedAt: 0 });
  telemetry.begin({ method: "GET", target: "/later", peer: PEER, startedAt: 1000 });

  const [worker, ...others] = snapshotWorkers(scoreboard, 10_000);
  expect(others).toEqual([]);
  expect(worker).toMatchObject({
    pid: process.pid,
    generation: 7,
    slot: 2,
    state: "ready",
    ageMs: 9000,
    readyMs: 8500,
    beatMs: 1000,
    active: 2,
    queued: 3,
    queuedMs: 600,
    requests: 3,
    bytes: 6,
    latencySumMs: 2,
    oldest: { id: `${process.pid}:2`, method: "POST", target: "/slow", peer: "192.0.2.7:4711", ageMs: 2000 },
  });
  expect(worker!.answers).toEqual({ "1xx": 0, "2xx": 1, "3xx": 0, "4xx": 0, "5xx": 0, none: 0 });
  expect(worker!.p50Ms).toBeGreaterThanOrEqual(1.5);
  expect(worker!.p50Ms).toBeLessThanOrEqual(2.5);
  expect(worker!.rssBytes).toBeGreaterThan(1 << 20);
  expect(snapshotRequests(scoreboard, 10_000).map(({ target }) => target)).toEqual(["/slow", "/later"]);
});

test("a worker that boots has not beaten and has no memory if its process is gone", () => {
  const { scoreboard } = scoreboardWith(0, { pid: 2 ** 30, spawnedAt: 1000, state: WorkerState.BOOTING });
  expect(snapshotWorkers(scoreboard, 1000)).toMatchObject([
    { state: "booting", readyMs: null, beatMs: null, p99Ms: null, rssBytes: null, oldest: null },
  ]);
});

test("answers by status, upgrades and log messages are counted in the slot, and forgotten with it", () => {
  const { scoreboard, slot } = scoreboardWith(0, { pid: process.pid });
  const telemetry = new SlotTelemetry(slot, 0);
  const end = (row: number, status: number) => telemetry.end(row, { status, bytesSent: 0 }, 1);
  const request = { method: "GET", target: "/", peer: PEER, startedAt: 0 };
  for (const status of [200, 404, 200, 599, 0]) end(telemetry.begin(request), status);
  const upgraded = telemetry.upgraded(telemetry.begin(request));
  const counts = new SlotLogCounts(slot);
  counts.warning++;
  counts.error += 2;
  counts.lost += 7;

  const [busy] = snapshotWorkers(scoreboard, 1000);
  expect(busy).toMatchObject({ active: 1, upgraded: 1, log: { warning: 1, error: 2, critical: 0, lost: 7 } });
  expect(busy!.statuses).toEqual([
    [200, 2],
    [404, 1],
    [599, 1],
  ]);
  end(upgraded, 101);
  const [calm] = snapshotWorkers(scoreboard, 1000);
  expect(calm).toMatchObject({ active: 0, upgraded: 0 });
  expect(sumStatuses([busy!.statuses, calm!.statuses])[0]).toEqual([101, 1]);

  slot.clear();
  slot.set("pid", process.pid);
  expect(snapshotWorkers(scoreboard, 1000)).toMatchObject([{ statuses: [], log: { error: 0, lost: 0 } }]);
});
