/** The file of results: what was measured, on which machine, by which command. Plain JSON; `version` grows when a reader would misread it. */

import { readFileSync } from "node:fs";
import { sumBuckets } from "../base/quantiles.ts";
import { JunicornError } from "../base/errors.ts";
import { curveOf, type Latency, latencyOf } from "./histogram.ts";
import type { Measurement } from "./load/load.ts";
import type { Machine } from "./machine.ts";
import { median, spread } from "./statistics.ts";

export const RESULTS_VERSION = 1;

export interface Results {
  readonly version: typeof RESULTS_VERSION;
  readonly title: string;
  /** As it was typed. */
  readonly command: string;
  /** ISO 8601, when it began. */
  readonly date: string;
  /** Of Junicorn: its version, or its commit. */
  readonly junicorn: string;
  readonly machine: Machine;
  /** What the figures say, in words: paragraphs at the head of the report. */
  readonly notes?: readonly string[];
  readonly scenarios: readonly ScenarioResult[];
  /** What those are that are not ours; without it "other servers". */
  readonly peers?: string;
  /** Why there is less here than was asked for. */
  readonly interrupted?: string;
}

export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  /** A sentence or two on what is asked of the servers. */
  readonly about: string;
  readonly points: readonly Point[];
  /** Who could not be measured, and what to do about it. */
  readonly leftOut: readonly Absent[];
  /** Who does not do such a thing at all; `why` goes on from the name: "does not serve WebSockets". */
  readonly unable?: readonly Absent[];
}

export interface Absent {
  readonly subject: string;
  readonly why: string;
}

/** Who is measured: `ours` are drawn in colours of their own, a `ceiling` is no rival. */
export type Kind = "ours" | "peer" | "ceiling";

/** A subject under one load: the medians of its runs. */
export interface Point {
  readonly subject: string;
  readonly kind: Kind;
  readonly driver: string;
  readonly connections: number;
  /** Requests per second that were asked for; null in a closed loop. */
  readonly rate: number | null;
  readonly runs: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** Half the distance from least to most, in percent. */
  readonly spread: number;
  readonly bytesPerSecond: number;
  readonly latency: Latency;
  /** [share, ms], of all runs together. */
  readonly curve: readonly (readonly [share: number, ms: number])[];
  readonly cpuMicrosecondsPerRequest: number | null;
  readonly rssMiB: number;
  readonly pssMiB: number;
  readonly errors: number;
  readonly firstError: string | null;
  readonly clientCore: number | null;
  readonly clientLate: number | null;
}

/** The medians of runs of the same load. Latencies are of all runs together. */
export function summarise(subject: string, kind: Kind, runs: readonly Measurement[]): Point {
  const [first] = runs;
  if (first === undefined) throw new Error(`${subject} was not measured`);
  const middle = (pick: (run: Measurement) => number): number => rounded(median(runs.map(pick)));
  const known = (pick: (run: Measurement) => number | null): number | null => {
    const values = runs.map(pick).filter((value) => value !== null);
    return values.length === 0 ? null : rounded(median(values));
  };
  const buckets = sumBuckets(runs.map(({ histogram }) => histogram));
  const max = Math.max(...runs.map(({ latency }) => latency.max));
  return {
    subject,
    kind,
    driver: first.driver,
    connections: first.connections,
    rate: first.rate,
    runs: runs.length,
    seconds: middle((run) => run.seconds),
    requestsPerSecond: middle((run) => run.requestsPerSecond),
    spread: rounded(spread(runs.map((run) => run.requestsPerSecond)) || 0),
    bytesPerSecond: middle((run) => run.bytesPerSecond),
    latency: latencyOf(buckets, median(runs.map(({ latency }) => latency.mean)), max),
    curve: curveOf(buckets, max),
    cpuMicrosecondsPerRequest: known((run) => run.cpuMicrosecondsPerRequest),
    rssMiB: middle((run) => run.rssMiB),
    pssMiB: middle((run) => run.pssMiB),
    errors: runs.reduce((sum, run) => sum + run.errors, 0),
    firstError: runs.find((run) => run.firstError !== null)?.firstError ?? null,
    clientCore: known((run) => run.clientCore),
    clientLate: known((run) => run.clientLate),
  };
}

/** Throws ERR_RESULTS if it is no file of results that this version reads. */
export function readResults(file: string): Results {
  let results: Partial<Results>;
  try {
    results = JSON.parse(readFileSync(file, "utf8")) as Partial<Results>;
  } catch (error) {
    throw new JunicornError("ERR_RESULTS", { file, problem: (error as Error).message });
  }
  if (results.version === RESULTS_VERSION && Array.isArray(results.scenarios)) return results as Results;
  const problem = `its version is ${String(results.version)}, and this reads ${RESULTS_VERSION}: measure again`;
  throw new JunicornError("ERR_RESULTS", { file, problem });
}

// --- internal ---

/** To three decimals: more is noise. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
