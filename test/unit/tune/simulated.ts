/** Servers that exist on paper only: what a candidate serves follows from a model of the application, with noise on top. */

import { type Candidate, concurrency, nameOf, runnable } from "../../../src/tune/candidate.ts";
import type { Finding } from "../../../src/tune/finding.ts";
import type { Scope } from "../../../src/tune/grid.ts";
import type { Goal, Outcome } from "../../../src/tune/sample.ts";
import { search, type Step } from "../../../src/tune/search.ts";

export interface Model {
  /** Of a request. */
  readonly cpuMs: number;
  /** What a request waits for others. */
  readonly waitMs: number;
  /** It blocks its thread while it waits. */
  readonly blocking?: boolean;
  /** Memory of a process and of a thread, in MiB. */
  readonly processMiB?: number;
  readonly threadMiB?: number;
  /** Most requests per second that the load generator manages. */
  readonly loadRate?: number;
}

export interface Machine {
  readonly cpus: number;
  /** The machine's speed in a round is within this share of its usual one. */
  readonly drift: number;
  /** So is each run. */
  readonly noise: number;
  /** In each run others take up to this share of the CPUs. */
  readonly others?: number;
  readonly seed: number;
}

export const NO_LIMITS: Goal = { rate: null, maxMemoryBytes: null, p99Ms: null };

/** Requests per second without noise, with that share of the CPUs. */
export function truth(
  model: Model,
  { cpus }: { cpus: number },
  candidate: Candidate,
  connections: number,
  share = 1,
): number {
  const { cpuMs, waitMs, blocking = false, loadRate = Infinity } = model;
  const own =
    candidate.workerClass === "sync" ? cpuMs + 0.1 : candidate.workerClass === "gthread" ? cpuMs + 0.05 : cpuMs + 0.02;
  const places = Math.min(connections, blocking ? runnable(candidate) : concurrency(candidate));
  const cores = Math.min(cpus * share, runnable(candidate), places);
  // Many more threads than cores cost switches.
  const crowd = 1 + 0.01 * Math.max(0, Math.log2(runnable(candidate) / cpus));
  return Math.min((1000 * cores) / (own * crowd), (1000 * places) / (own + waitMs), loadRate);
}

export function memoryOf(
  { processMiB = 60, threadMiB = 15 }: Model,
  { workers, threads, workerClass }: Candidate,
): number {
  const pool = workerClass === "gthread" ? threads * threadMiB : 0;
  return (50 + workers * (processMiB + pool)) * 2 ** 20;
}

export interface Trial {
  readonly finding: Finding;
  readonly steps: readonly Step[];
  readonly runs: readonly string[];
}

/** A search among simulated servers, of which each run takes 2 simulated seconds. */
export async function searchOn(
  model: Model,
  machine: Machine,
  {
    goal = NO_LIMITS,
    connections = 64,
    budgetMs = 75_000,
    memoryBytes = 8 * 2 ** 30,
    scope = {},
    outcome,
    signal,
  }: Partial<SimulationOptions> = {},
): Promise<Trial> {
  const random = randomOf(machine.seed);
  let time = 0;
  let roundOf = -1;
  let speed = 1;
  const steps: Step[] = [];
  const runs: string[] = [];
  const measure = (candidate: Candidate): Promise<Outcome> => {
    const round = steps.at(-1)?.round ?? 0;
    if (round !== roundOf) speed = 1 + machine.drift * (2 * random() - 1);
    roundOf = round;
    time += RUN_MS;
    runs.push(nameOf(candidate));
    return Promise.resolve(outcome?.(candidate, runs.length) ?? run(candidate));
  };
  const run = (candidate: Candidate): Outcome => {
    const othersShare = machine.others === undefined ? 0 : machine.others * random();
    const perfect =
      truth(model, machine, candidate, connections, 1 - othersShare) * speed * (1 + machine.noise * (2 * random() - 1));
    const requestsPerSecond = Math.min(perfect, goal.rate ?? Infinity);
    const latency =
      goal.rate !== null && perfect > goal.rate ? model.cpuMs + model.waitMs : (1000 * connections) / perfect;
    return {
      kind: "measured",
      sample: {
        requestsPerSecond,
        p50Ms: latency,
        p99Ms: latency * (1.2 + machine.noise * random()),
        memoryBytes: memoryOf(model, candidate) * (1 + 0.02 * random()),
        cpuMsPerRequest: model.cpuMs,
        loadShare: requestsPerSecond >= 0.8 * (model.loadRate ?? Infinity) ? 0.97 : 0.2,
        othersShare,
      },
    };
  };
  const finding = await search({
    scope: { cpus: machine.cpus, connections, workerConnections: 1000, ...scope },
    goal,
    memoryBytes,
    budgetMs,
    measure,
    now: () => time,
    signal: signal ?? new AbortController().signal,
    report: (step) => void steps.push(step),
  });
  return { finding, steps, runs };
}

export interface SimulationOptions {
  goal: Goal;
  connections: number;
  budgetMs: number;
  memoryBytes: number;
  scope: Partial<Scope>;
  /** Overrides the model: null to follow it. */
  outcome: (candidate: Candidate, run: number) => Outcome | null;
  signal: AbortSignal;
}

// --- internal ---

const RUN_MS = 2000;

/** Mulberry32: the same seed gives the same noise. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
