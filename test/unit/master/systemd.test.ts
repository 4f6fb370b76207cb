/** When the service is alive in systemd's eyes, and what it says at a reload. */

import { expect, it } from "vitest";
import type { MasterContext } from "../../../src/master/extension.ts";
import { isHealthy, Systemd, watchdogMs } from "../../../src/master/systemd.ts";

interface FakeWorker {
  end: object | null;
  phase: string;
  slot: { get: () => number };
}

const NOW = 100_000;

const serving = (beatAt: number, phase = "ready"): FakeWorker => ({ end: null, phase, slot: { get: () => beatAt } });

function master(workers: FakeWorker[], more: object = {}): MasterContext {
  return {
    now: () => NOW,
    settings: { timeout: 30 },
    pool: { target: 1, workers },
    listeners: { urls: "http://x" },
    upgrading: { predecessor: 0, successor: 0 },
    ...more,
  } as unknown as MasterContext;
}

it("is alive while the loop turns and a worker beats", () => {
  const healthy = (workers: FakeWorker[], turnedAt = NOW, more = {}): boolean =>
    isHealthy(master(workers, more), turnedAt, 1000);
  expect(healthy([serving(NOW)])).toBe(true);
  expect(healthy([serving(NOW)], NOW - 1001)).toBe(false);
  expect(healthy([serving(NOW - 31_000)])).toBe(false);
  expect(healthy([serving(NOW - 31_000), serving(NOW)])).toBe(true);
  expect(healthy([serving(0, "booting")])).toBe(true);
  expect(healthy([{ ...serving(NOW), end: {} }])).toBe(false);
  expect(healthy([])).toBe(false);
  expect(healthy([], NOW, { pool: { target: 0, workers: [] } })).toBe(true);
  expect(healthy([serving(0)], NOW, { settings: { timeout: 0 } })).toBe(true);
});

it("is watched only if it is meant", () => {
  expect(watchdogMs({ WATCHDOG_USEC: "3000000" }, 7)).toBe(3000);
  expect(watchdogMs({ WATCHDOG_USEC: "3000000", WATCHDOG_PID: "7" }, 7)).toBe(3000);
  expect(watchdogMs({ WATCHDOG_USEC: "3000000", WATCHDOG_PID: "8" }, 7)).toBe(0);
  for (const text of ["", "0", "-1", "x"]) expect(watchdogMs({ WATCHDOG_USEC: text }, 7)).toBe(0);
});

it("tells when a reload begins, and that the service is ready again when it is over", () => {
  const told: string[] = [];
  const systemd = new Systemd(master([serving(NOW)]), "/x", 0, (_, state) => (told.push(state), true));
  systemd.allReady();
  systemd.reloading();
  systemd.tick(NOW);
  systemd.reloadEnded();
  systemd.stopped();
  expect(told).toEqual([
    "READY=1\nSTATUS=Serving: 1 of 1 worker ready at http://x",
    "RELOADING=1\nMONOTONIC_USEC=100000000",
    "STATUS=Reloading: 1 of 1 worker ready at http://x",
    "READY=1\nSTATUS=Serving: 1 of 1 worker ready at http://x",
  ]);
});
