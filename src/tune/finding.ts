/** What a search has found. */

import { median } from "../measure/statistics.ts";
import type { Candidate } from "./candidate.ts";
import { choose, isTie, leaderOf, TOLERANCE } from "./choose.ts";
import { compare } from "./compare.ts";
import { type Contender, type Fate, isMeasured } from "./contender.ts";
import { LOAD_IS_FULL, type Sample } from "./sample.ts";

/** "recommended", "as-good" (but it costs more), or why it is not. */
export type Rank = "recommended" | "as-good" | "slower" | Exclude<Fate, "running">;

/** A candidate in the result. The figures are medians of its runs, null if it has none. */
export interface Standing {
  readonly candidate: Candidate;
  readonly rank: Rank;
  /** For people; "" where the rank says it all. */
  readonly why: string;
  readonly runs: number;
  readonly figures: Sample | null;
  /** Throughput as a multiple of that of the recommended one, within rounds that both ran in, less what others on the machine took; null where there is none. */
  readonly times: number | null;
}

export interface Finding {
  /** Best first; what was not tried or failed last. */
  readonly standings: readonly Standing[];
  /** null: nothing that was tried keeps the limits, or nothing works. */
  readonly recommended: Standing | null;
  /** Differences below this cannot be told from noise, as a share: 0.05 is 5 %. */
  readonly resolution: number;
  /** The load generator was the limit for the best. */
  readonly loadIsLimit: boolean;
  /** False: the time was over before it was certain that nothing else is better. */
  readonly clear: boolean;
  /** Those that may be better than the recommended one, for all that is known. */
  readonly rivals: readonly Candidate[];
  /** Share of the CPUs that others on the machine took, at the middle of all candidates. */
  readonly othersShare: number;
  readonly interrupted: boolean;
  readonly runs: number;
  readonly elapsedMs: number;
}

export type Circumstances = Pick<Finding, "clear" | "rivals" | "interrupted" | "runs" | "elapsedMs"> & {
  readonly noise: number;
};

export function findingOf(contenders: readonly Contender[], { noise, ...rest }: Circumstances): Finding {
  const running = contenders.filter(({ running, samples }) => running && samples.length > 0);
  const chosen = choose(running, noise);
  const leader = leaderOf(running, noise);
  const standings = contenders
    .toSorted((a, b) => order(b, chosen) - order(a, chosen))
    .filter((contender) => !contender.running || contender.samples.length > 0)
    .map((contender) => standingOf(contender, { chosen, leader, noise }));
  const runs = Math.max(1, chosen?.samples.length ?? 1);
  return {
    standings,
    recommended: standings.find(({ rank }) => rank === "recommended") ?? null,
    resolution: Math.max(TOLERANCE, (2 * noise) / Math.sqrt(runs)),
    othersShare:
      median(contenders.filter(isMeasured).map((contender) => contender.middle((sample) => sample.othersShare))) || 0,
    loadIsLimit: (leader?.middle(({ loadShare }) => loadShare ?? 0) ?? 0) >= LOAD_IS_FULL,
    ...rest,
  };
}

// --- internal ---

/** Among the ranks, then by score. */
function order(contender: Contender, chosen: Contender | null): number {
  if (contender === chosen) return 3e6;
  const ranks: Readonly<Record<Fate, number>> = {
    running: 2e6,
    slower: 2e6,
    undecided: 2e6,
    p99: 1e6,
    memory: 1e6,
    failed: -2e6,
    "too-large": -1e6,
  };
  return ranks[contender.fate] + (contender.samples.length > 0 ? contender.score : -1e5);
}

function standingOf(
  contender: Contender,
  { chosen, leader, noise }: { chosen: Contender | null; leader: Contender | null; noise: number },
): Standing {
  const figures = contender.samples.length === 0 ? null : figuresOf(contender);
  return {
    candidate: contender.candidate,
    rank: rankOf(contender, { chosen, leader, noise }),
    why: contender.why,
    runs: contender.samples.length,
    figures,
    times: figures === null || chosen === null ? null : contender.timesOf(chosen),
  };
}

function rankOf(
  contender: Contender,
  { chosen, leader, noise }: { chosen: Contender | null; leader: Contender | null; noise: number },
): Rank {
  if (contender === chosen) return "recommended";
  if (contender.fate !== "running") return contender.fate;
  const asGood = leader !== null && (contender === leader || isTie(compare(contender, leader, noise)));
  return asGood ? "as-good" : "slower";
}

function figuresOf(contender: Contender): Sample {
  const orNull = (pick: (sample: Sample) => number | null): number | null => {
    const known = contender.samples.every((sample) => pick(sample) !== null);
    return known ? contender.middle((sample) => pick(sample) ?? 0) : null;
  };
  return {
    requestsPerSecond: contender.middle((sample) => sample.requestsPerSecond),
    p50Ms: contender.middle((sample) => sample.p50Ms),
    p99Ms: contender.middle((sample) => sample.p99Ms),
    memoryBytes: contender.middle((sample) => sample.memoryBytes),
    cpuMsPerRequest: orNull((sample) => sample.cpuMsPerRequest),
    loadShare: orNull((sample) => sample.loadShare),
    othersShare: contender.middle((sample) => sample.othersShare),
  };
}
