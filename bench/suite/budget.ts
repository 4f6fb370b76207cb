/** How long a run of the suite takes, and the longest one that fits a budget. */

import { stepsOf, type SuiteOptions, subjectsOf, WARM_UP } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";

/** A client's start, the server's pause, and what a fixed rate waits for its last answers; in seconds. */
const OVERHEAD_OF_LOAD = 0.45;
/** A server's start and stop. */
const OVERHEAD_OF_SERVER = 1.2;
/** Most runs that are worth their time, and least that have a median. */
const RUNS = [5, 3, 2, 1];
const MOST_SECONDS = 5;

export function estimate(names: readonly string[], options: SuiteOptions): number {
  let seconds = 0;
  for (const name of names) {
    const scenario = SCENARIOS[name]!;
    const subjects = subjectsOf(scenario, options).length;
    const loads = stepsOf(scenario, options).length * options.runs;
    const slow = scenario.special === "slow" ? loads : 0;
    seconds += subjects * (loads * (options.seconds + OVERHEAD_OF_LOAD) + OVERHEAD_OF_SERVER + WARM_UP + slow);
  }
  return seconds;
}

/** The options with as many runs, and then as many seconds each, as fit into the time; null if nothing does. */
export function fit(names: readonly string[], options: SuiteOptions, budget: number): SuiteOptions | null {
  for (const runs of RUNS) {
    for (let seconds = MOST_SECONDS; seconds >= (runs > 3 ? 2 : 1); seconds--) {
      const fitting = { ...options, runs, seconds };
      if (estimate(names, fitting) <= budget) return fitting;
    }
  }
  return null;
}
