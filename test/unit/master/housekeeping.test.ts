import { getHeapStatistics } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Housekeeping } from "../../../src/master/housekeeping.ts";

/** Turns of the master's loop in which so many workers have gone. */
function pass(housekeeping: Housekeeping, workers: number): void {
  for (let gone = 0; gone < workers; gone++) {
    housekeeping.workerGone();
    housekeeping.tick();
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
