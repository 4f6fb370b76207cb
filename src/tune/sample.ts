/** What one short run of a candidate shows, and how much that is worth. */

export interface Sample {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all processes of the server, at its most. */
  readonly memoryBytes: number;
  /** Processor time that the server took for each request; null where that is not known. */
  readonly cpuMsPerRequest: number | null;
  /** How busy the busiest core of the load generator was, from 0 to 1; null where that is not known. */
  readonly loadShare: number | null;
  /** Share of the CPUs that others on the machine took meanwhile, from 0 to 1. */
  readonly othersShare: number;
}

export type Outcome =
  | { readonly kind: "measured"; readonly sample: Sample }
  /** The candidate does not do: what happened first, for people. */
  | { readonly kind: "failed"; readonly problem: string };

/** What is asked for. */
export interface Goal {
  /** Requests per second that are sent; null: as many as are answered. */
  readonly rate: number | null;
  readonly maxMemoryBytes: number | null;
  readonly p99Ms: number | null;
}

/**
 * More is better, on a logarithmic scale: 0.1 is about 10 % more throughput. At a fixed rate all that keep up serve the same, so there the p99 counts: half
 * of it is worth as much as 10 % of throughput; but below a limit that somebody has set, it is good as it is.
 */
export function scoreOf({ requestsPerSecond, p99Ms }: Sample, { rate, p99Ms: limit }: Goal): number {
  if (rate === null) return Math.log(Math.max(requestsPerSecond, TINY));
  const kept = Math.min(1, Math.max(requestsPerSecond, TINY) / (rate * KEEPS_UP));
  return Math.log(kept) - 0.15 * Math.log(Math.max(p99Ms, limit ?? 0, 1));
}

/**
 * How much better one run was than another, less what may be because of others on the machine: where they took more of the CPUs from the one that was worse, that much is
 * not held against it. What remains is never more than was measured, so an application that does not need the CPUs is judged as it was.
 */
export function leadOf(one: Sample, other: Sample, goal: Goal): number {
  const lead = scoreOf(one, goal) - scoreOf(other, goal);
  const handicap = Math.log(leftBy(one)) - Math.log(leftBy(other));
  const explained = Math.max(0, Math.abs(handicap) - UNNOTICED);
  return Math.sign(handicap) === Math.sign(lead) ? Math.sign(lead) * Math.max(0, Math.abs(lead) - explained) : lead;
}

/** A server that answers this share of a fixed rate keeps up: the last answers of a run come after its end. */
export const KEEPS_UP = 0.97;

/** Where the load generator is busier than this, it is what was measured. */
export const LOAD_IS_FULL = 0.9;

// --- internal ---

/** For the logarithm: a run in which nothing was answered. */
const TINY = 1e-3;
/** What others take cannot be told exactly, and a little of it is always there. */
const UNNOTICED = 0.04;

/** Share of the CPUs that others left. */
function leftBy({ othersShare }: Sample): number {
  return Math.max(0.1, 1 - othersShare);
}
