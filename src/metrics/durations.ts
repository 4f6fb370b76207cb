/** The scoreboard's histogram in the form of Prometheus: fixed bounds, each counting all that took no longer. */

import type { Bucket } from "../base/quantiles.ts";

/** Upper bounds in seconds, two for each power of two, from 64 µs to 201 s. All of them are bounds of the scoreboard's buckets too, so nothing is guessed. */
export const BOUNDS: readonly number[] = Array.from({ length: 22 }, (_, power) => 64 * 2 ** power).flatMap((us) => [
  us / 1e6,
  (us * 1.5) / 1e6,
]);

/** For each bound how many durations are below it. */
export function cumulative(buckets: readonly Bucket[]): number[] {
  let next = 0;
  let below = 0;
  return BOUNDS.map((bound) => {
    while (next < buckets.length && buckets[next]![1] <= bound * 1000 * ROUNDING) below += buckets[next++]![2];
    return below;
  });
}

export function countOf(buckets: readonly Bucket[]): number {
  return buckets.reduce((total, [, , count]) => total + count, 0);
}

// --- internal ---

/** Seconds and milliseconds of one bound may differ in the last bit. */
const ROUNDING = 1 + 1e-9;
