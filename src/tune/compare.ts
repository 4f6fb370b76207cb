/** Whether one contender is faster than another, or whether that is noise. */

import type { Contender } from "./contender.ts";
import { median } from "../measure/statistics.ts";

export interface Comparison {
  /** How much better the first is, on the scale of `scoreOf`. */
  readonly by: number;
  /** Of `by`: it is off by less than twice this in 19 of 20 cases. */
  readonly error: number;
}

/**
 * `noise` is the standard deviation of one difference. With no round in common it compares the medians, and trusts them less.
 */
export function compare(one: Contender, other: Contender, noise: number): Comparison {
  const differences = one.differences(other);
  if (differences.length === 0) return { by: one.score - other.score, error: noise * 1.5 };
  // A run that something else on the machine disturbed must not count for more than the others.
  const error = noise / Math.sqrt(differences.length);
  return { by: median(differences), error: differences.length === 1 ? Math.max(error, SINGLE_RUN) : error };
}

/**
 * Standard deviation of the difference of two runs in the same round, from all rounds so far. A few rounds say little about it, so it starts from
 * what shared machines are like, and leaves that behind as it learns.
 */
export function noiseOf(contenders: readonly Contender[], leader: Contender): number {
  let squares = SUPPOSED_NOISE ** 2 * SUPPOSED_WEIGHT;
  let freedom = SUPPOSED_WEIGHT;
  for (const contender of contenders) {
    if (contender === leader) continue;
    const differences = contender.differences(leader);
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    for (const difference of differences) squares += (difference - mean) ** 2;
    freedom += Math.max(0, differences.length - 1);
  }
  return Math.sqrt(squares / freedom);
}

// --- internal ---

/** Of a single run it cannot be said whether something else had the CPUs just then: it must be much slower (by 40 %) to be out. */
const SINGLE_RUN = 0.25;

const SUPPOSED_NOISE = 0.12;
const SUPPOSED_WEIGHT = 2;
