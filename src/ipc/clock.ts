/** CLOCK_MONOTONIC in milliseconds: the one clock that master and workers compare. */

import { performance } from "node:perf_hooks";

import { native } from "../native.ts";

export type Clock = () => number;

/**
 * A clock whose readings compare with those of other processes. `performance.now()` reads the same kernel clock from another origin and costs
 * no call into the addon, so only the distance between the origins is asked for, once.
 */
export function monotonicClock(): Clock {
  const origin = monotonicOrigin();
  return () => origin + performance.now();
}

/** What a reading of `performance.now()` lacks of one of that clock. */
export function monotonicOrigin(): number {
  return native().monotonicNow() - performance.now();
}
