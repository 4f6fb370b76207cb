import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GOING_AWAY, sayFarewell } from "../../../src/websocket/farewell.ts";
import type { OpenSocket } from "../../../src/websocket/limits.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

interface Parting {
  socket: number;
  code: number;
  at: number;
}

function part(count: number, withinMs: number): Parting[] {
  const partings: Parting[] = [];
  const began = performance.now();
  const sockets = Array.from({ length: count }, (_, socket) => ({
    close: (code: number) => partings.push({ socket, code, at: performance.now() - began }),
  })) as unknown as OpenSocket[];
  sayFarewell(sockets, GOING_AWAY, withinMs);
  return partings;
}

test("each is told once, in no order, over most of the time and not after four fifths of it", () => {
  const partings = part(1000, 30_000);
  vi.advanceTimersByTime(30_000);
  expect(partings).toHaveLength(1000);
  expect(new Set(partings.map(({ socket }) => socket)).size).toBe(1000);
  expect(partings.every(({ code }) => code === 1001)).toBe(true);
  expect(partings.map(({ socket }) => socket)).not.toEqual(Array.from({ length: 1000 }, (_, i) => i));
  const last = partings.at(-1)!.at;
  expect(last).toBeGreaterThan(23_000);
  expect(last).toBeLessThanOrEqual(24_001);
  const inSecond = (second: number): number => partings.filter(({ at }) => Math.floor(at / 1000) === second).length;
  for (let second = 0; second < 24; second++) expect(inSecond(second)).toBeGreaterThan(20);
});

test("a few take a tenth of a second each at most", () => {
  const partings = part(5, 30_000);
  vi.advanceTimersByTime(500);
  expect(partings).toHaveLength(5);
});

test("with no time at all everybody is told now", () => {
  expect(part(100, 0)).toHaveLength(100);
  expect(part(0, 0)).toEqual([]);
});
