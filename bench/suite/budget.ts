/** How long a run of the suite takes, and the longest one that fits a budget. */

import { stepsOf, type SuiteOptions, subjectsOf, WARM_UP } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";

/** A client's start, and what a fixed rate waits for its last answers; in seconds. */
const OVERHEAD_OF_LOAD = 0.13;
/** A server's start and stop. */
const OVERHEAD_OF_SERVER = 1;
/** Best first; `least` seconds for each load. */
const TRIALS = [
  { runs: 5, least: 2, thin: false },
  { runs: 3, least: 1, thin: false },
  { runs: 3, least: 1, thin: true },
  { runs: 2, least: 1, thin: true },
  { runs: 1, least: 1, thin: true },
];
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

/** The options with as many runs and seconds as fit into the time; null if nothing does. Three runs of few concurrencies are worth more than two of many. */
export function fit(names: readonly string[], options: SuiteOptions, budget: number): SuiteOptions | null {
  const fits = (candidate: SuiteOptions): boolean => estimate(names, candidate) <= budget;
  for (const { runs, least, thin } of TRIALS) {
    for (let seconds = MOST_SECONDS; seconds >= least; seconds--) {
      const candidate = { ...options, runs, seconds, thin };
      if (fits(candidate)) return candidate;
    }
  }
  return null;
}
