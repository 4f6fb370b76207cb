import { getHeapStatistics } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Housekeeping } from "../../../src/master/housekeeping.ts";

/** Turns of the master's loop in which so many workers have gone. */
function pass(housekeeping: Housekeeping, workers: number): void {
  for (let gone = 0; gone < workers; gone++) {
    housekeeping.workerGone();
    housekeeping.tick(0);
  }
}

test("garbage is collected once for every 32 workers that are gone", () => {
  let collections = 0;
  const housekeeping = new Housekeeping(() => collections++);
  const seen = [31, 1, 31, 1, 64].map((workers) => {
    pass(housekeeping, workers);
    return collections;
  });
  expect(seen).toEqual([0, 1, 1, 2, 4]);
});

test("what the start has left behind is given back once, five seconds after it", () => {
  let times = 0;
  const housekeeping = new Housekeeping(undefined, () => times++);
  const seen = [70_000, 74_999, 75_000, 75_001, 90_000].map((now) => {
    housekeeping.tick(now);
    return times;
  });
  expect(seen).toEqual([0, 0, 1, 1, 1]);
});

test("it is really collected, and nobody else is given the means", () => {
  const housekeeping = new Housekeeping();
  let garbage: unknown = Array.from({ length: 500_000 }, () => ({}));
  const before = getHeapStatistics().used_heap_size;
  garbage = null;
  pass(housekeeping, 32);
  expect(garbage).toBeNull();
  expect(before - getHeapStatistics().used_heap_size).toBeGreaterThan(10 * 2 ** 20);
  expect(runInNewContext("typeof gc")).toBe("undefined");
});
