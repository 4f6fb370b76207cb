/** The search on simulated servers: what it recommends is as good as the best of everything within reach, however noisy the machine. */

import { describe, expect, it } from "vitest";
import { type Candidate, nameOf, runnable } from "../../../src/tune/candidate.ts";
import type { Finding, Rank } from "../../../src/tune/finding.ts";
import { firstCandidates, fullGrid, neighbours } from "../../../src/tune/grid.ts";
import type { Outcome } from "../../../src/tune/sample.ts";
import { memoryOf, type Model, NO_LIMITS, searchOn, truth } from "./simulated.ts";

const MODELS: Readonly<Record<string, Model>> = {
  computing: { cpuMs: 10, waitMs: 0 },
  "computing a little": { cpuMs: 1, waitMs: 0 },
  waiting: { cpuMs: 0.1, waitMs: 20 },
  mixed: { cpuMs: 2.5, waitMs: 5 },
  blocking: { cpuMs: 0.5, waitMs: 20, blocking: true },
  "too fast for the load": { cpuMs: 0.03, waitMs: 0, loadRate: 20_000 },
};
const STEADY = { drift: 0.2, noise: 0.05 };
const NOISY = { drift: 0.2, noise: 0.2 };
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed);

function scopeOf(cpus: number) {
  return { cpus, connections: 64, workerConnections: 1000 };
}

function picked({ recommended }: Finding): Candidate {
  if (recommended === null) throw new Error("nothing was recommended");
  return recommended.candidate;
}

function rankOf({ standings }: Finding, name: string): Rank | undefined {
  return standings.find(({ candidate }) => nameOf(candidate) === name)?.rank;
}

/** Throughput of what was recommended, as a share of the best there is. */
function quality(model: Model, cpus: number, finding: Finding): number {
  const best = Math.max(...fullGrid(scopeOf(cpus)).map((one) => truth(model, { cpus }, one, 64)));
  return truth(model, { cpus }, picked(finding), 64) / best;
}

describe("the search", () => {
  it.each(Object.keys(MODELS).flatMap((name) => [1, 2, 8].map((cpus) => ({ name, cpus }))))(
    "finds what is within 10 % of the best: $name, $cpus CPUs",
    async ({ name, cpus }) => {
      for (const seed of SEEDS) {
        for (const machine of [STEADY, NOISY]) {
          const { finding } = await searchOn(MODELS[name]!, { cpus, seed, ...machine });
          expect(quality(MODELS[name]!, cpus, finding), `seed ${seed}`).toBeGreaterThan(0.9);
        }
      }
    },
  );

  it("recommends a thread per CPU for what computes, in one of the classes where requests do not share it", async () => {
    for (const seed of SEEDS) {
      const candidate = picked(
        (await searchOn(MODELS["computing"]!, { cpus: 2, seed, drift: 0.2, noise: 0.03 })).finding,
      );
      expect(candidate.workerClass, `seed ${seed}`).not.toBe("async");
      expect(runnable(candidate), `seed ${seed}`).toBe(2);
    }
  });

  it("recommends one async worker for what waits", async () => {
    for (const seed of SEEDS) {
      const { finding } = await searchOn(MODELS["waiting"]!, { cpus: 2, seed, ...STEADY });
      expect(picked(finding).workerClass, `seed ${seed}`).toBe("async");
      expect(finding.clear).toBe(true);
    }
  });

  it("drops losers early: they run once, and the winners more often", async () => {
    const { runs, finding } = await searchOn(MODELS["waiting"]!, { cpus: 2, seed: 1, ...STEADY });
    expect(runs.filter((name) => name === "sync 2")).toHaveLength(1);
    expect(finding.recommended?.runs).toBeGreaterThanOrEqual(2);
    expect(rankOf(finding, "sync 2")).toBe("slower");
  });

  it("steps beyond its first candidates where more is better", async () => {
    const { finding } = await searchOn(MODELS["blocking"]!, { cpus: 2, seed: 1, ...STEADY });
    expect(runnable(picked(finding))).toBe(64);
  });

  it("ends when the time is over, and says that it is not certain", async () => {
    const { finding, runs } = await searchOn(
      MODELS["computing"]!,
      { cpus: 8, seed: 1, ...NOISY },
      { budgetMs: 20_000 },
    );
    expect(finding.elapsedMs).toBeLessThanOrEqual(20_000);
    expect(runs.length).toBeGreaterThanOrEqual(8);
    expect(finding.clear).toBe(false);
    expect(finding.recommended).not.toBeNull();
  });

  it("gives what is known when it is interrupted", async () => {
    const stop = new AbortController();
    const { finding, runs } = await searchOn(
      MODELS["computing"]!,
      { cpus: 2, seed: 1, ...STEADY },
      {
        signal: stop.signal,
        outcome: (_, run) => {
          if (run === 5) stop.abort();
          return null;
        },
      },
    );
    expect(runs).toHaveLength(5);
    expect(finding).toMatchObject({ interrupted: true, clear: false });
    expect(finding.recommended).not.toBeNull();
  });

  it("holds nothing against the candidate whose run is interrupted", async () => {
    const stop = new AbortController();
    const { finding } = await searchOn(
      MODELS["computing"]!,
      { cpus: 2, seed: 1, ...STEADY },
      {
        signal: stop.signal,
        outcome: (_, run) => {
          if (run < 3) return null;
          stop.abort();
          return { kind: "failed", problem: "the server has ended" };
        },
      },
    );
    expect(finding.runs).toBe(2);
    expect(finding.standings.map(({ rank }) => rank)).not.toContain("failed");
  });

  it("does not hold against a candidate what others on the machine took from it", async () => {
    const wrong = async (others: number): Promise<number> => {
      const picks = await Promise.all(
        Array.from({ length: 60 }, async (_, seed) => {
          const machine = { cpus: 2, seed, drift: 0.2, noise: 0.05, others };
          return picked((await searchOn(MODELS["computing"]!, machine, { budgetMs: 16_000 })).finding);
        }),
      );
      return picks.filter(({ workerClass }) => workerClass === "async").length;
    };
    // Without heed it is a quarter of them.
    expect(await wrong(0.6)).toBeLessThanOrEqual(3);
  });

  it("names those that may be better when the time is over", async () => {
    const rivals = await Promise.all(
      SEEDS.map(async (seed) => {
        const machine = { cpus: 2, seed, drift: 0.2, noise: 0.2 };
        const { finding } = await searchOn(MODELS["computing"]!, machine, { budgetMs: 16_000 });
        expect(finding.clear).toBe(false);
        expect(finding.rivals).not.toContain(picked(finding));
        return finding.rivals.length;
      }),
    );
    expect(rivals.filter((count) => count > 0).length).toBeGreaterThan(SEEDS.length / 2);
  });

  it("tells when the load generator was the limit", async () => {
    const fast = await searchOn(MODELS["too fast for the load"]!, { cpus: 2, seed: 1, ...STEADY });
    const slow = await searchOn(MODELS["computing"]!, { cpus: 2, seed: 1, ...STEADY });
    expect([fast.finding.loadIsLimit, slow.finding.loadIsLimit]).toEqual([true, false]);
  });
});

describe("limits", () => {
  const MIB = 2 ** 20;

  it("keeps within the memory that is allowed, and does not try what can only take more", async () => {
    const model: Model = { ...MODELS["mixed"]!, processMiB: 200, threadMiB: 60 };
    for (const seed of SEEDS) {
      const goal = { ...NO_LIMITS, maxMemoryBytes: 400 * MIB };
      const { finding, runs } = await searchOn(model, { cpus: 2, seed, ...STEADY }, { goal });
      expect(memoryOf(model, picked(finding)), `seed ${seed}`).toBeLessThanOrEqual(400 * MIB);
      expect(runs).not.toContain("sync 8");
      const allowed = fullGrid(scopeOf(2)).filter((one) => memoryOf(model, one) * 1.02 < 400 * MIB);
      const best = Math.max(...allowed.map((one) => truth(model, { cpus: 2 }, one, 64)));
      expect(truth(model, { cpus: 2 }, picked(finding), 64) / best, `seed ${seed}`).toBeGreaterThan(0.9);
    }
  });

  it("looks for less of the same where the first ones take too much memory, even if the time is over", async () => {
    const model: Model = { ...MODELS["computing"]!, processMiB: 150, threadMiB: 150 };
    for (const budgetMs of [4000, 75_000]) {
      const goal = { ...NO_LIMITS, maxMemoryBytes: 230 * MIB };
      const { finding } = await searchOn(model, { cpus: 2, seed: 1, ...STEADY }, { goal, budgetMs });
      expect(memoryOf(model, picked(finding))).toBeLessThanOrEqual(230 * MIB);
    }
  });

  it("never starts what would fill the machine", async () => {
    const model: Model = { ...MODELS["computing"]!, processMiB: 600 };
    const { runs, finding } = await searchOn(model, { cpus: 2, seed: 1, ...STEADY }, { memoryBytes: 3 * 1024 * MIB });
    expect(runs).not.toContain("sync 8");
    expect(rankOf(finding, "sync 8")).toBe("too-large");
    expect(finding.standings.find(({ rank }) => rank === "too-large")?.why).toMatch(
      /^it would take about [\d.]+ GiB, and there are 3\.0 GiB$/,
    );
  });

  it("recommends nothing where nothing keeps the limits, and says why of each", async () => {
    const goal = { ...NO_LIMITS, maxMemoryBytes: 100 * MIB };
    const { finding } = await searchOn(MODELS["computing"]!, { cpus: 2, seed: 1, ...STEADY }, { goal });
    expect(finding.recommended).toBeNull();
    expect(finding.standings.every(({ rank, why }) => rank === "memory" && why !== "")).toBe(true);
  });

  it("goes back to slower ones when the faster ones turn out to break the p99", async () => {
    const goal = { ...NO_LIMITS, p99Ms: 50 };
    const outcome = ({ workerClass, workers, threads }: Candidate): Outcome => ({
      kind: "measured",
      sample: {
        requestsPerSecond: workerClass === "async" ? 1000 : 100 * workers * threads,
        p50Ms: 10,
        p99Ms: workerClass === "async" ? 70 : 30,
        memoryBytes: 100 * MIB,
        cpuMsPerRequest: null,
        loadShare: null,
        othersShare: 0,
      },
    });
    const { finding } = await searchOn(MODELS["computing"]!, { cpus: 2, seed: 1, ...STEADY }, { goal, outcome });
    expect(picked(finding).workerClass).not.toBe("async");
    expect(rankOf(finding, "async 1")).toBe("p99");
    expect(finding.standings.find(({ rank }) => rank === "p99")?.why).toBe("its p99 is 70 ms, and 50 ms is allowed");
  });

  it("at a fixed rate recommends the smallest of those that keep up and answer as soon as is asked for", async () => {
    const goal = { rate: 150, maxMemoryBytes: null, p99Ms: 200 };
    const { finding } = await searchOn(MODELS["computing"]!, { cpus: 2, seed: 1, ...STEADY }, { goal });
    expect(nameOf(picked(finding))).toBe("gthread 1×2");
    expect(finding.recommended?.figures?.requestsPerSecond).toBeCloseTo(150, 0);
  });

  it("leaves out what fails, with its reason", async () => {
    const outcome = ({ workerClass }: Candidate): Outcome | null =>
      workerClass === "gthread" ? { kind: "failed", problem: "status 500: no threads, please" } : null;
    const { finding, runs } = await searchOn(MODELS["computing"]!, { cpus: 2, seed: 1, ...STEADY }, { outcome });
    expect(picked(finding).workerClass).toBe("sync");
    const failed = finding.standings.filter(({ rank }) => rank === "failed");
    expect(failed.map(({ why }) => why)).toContain("status 500: no threads, please");
    expect(runs.filter((name) => name === "gthread 1×2")).toHaveLength(1);
  });
});

describe("the candidates", () => {
  it.each([1, 2, 4, 8, 64])("are few, different, and include a thread per CPU in each class: %i CPUs", (cpus) => {
    const candidates = firstCandidates(scopeOf(cpus));
    expect(candidates.length).toBeLessThanOrEqual(13);
    expect(new Set(candidates.map(nameOf)).size).toBe(candidates.length);
    for (const workerClass of ["sync", "gthread", "async"])
      expect(candidates.some((one) => one.workerClass === workerClass && runnable(one) === cpus)).toBe(true);
  });

  it("hold no more requests than the load has connections", () => {
    const candidates = firstCandidates({ cpus: 8, connections: 4, workerConnections: 1000 });
    expect(candidates.map(nameOf)).toEqual([
      "async 4",
      "gthread 1×4",
      "sync 4",
      "async 1",
      "gthread 4×1",
      "gthread 3×1",
    ]);
  });

  it("hold all connections of the load, if need be with more than worker_connections", () => {
    const candidates = firstCandidates({ cpus: 2, connections: 3000, workerConnections: 1000 });
    expect(candidates.map(nameOf)).toContain("async 2, 1900 connections");
    expect(candidates.map(nameOf)).toContain("async 1, 3800 connections");
  });

  it("have neighbours in their class only", () => {
    const from: Candidate = { workerClass: "gthread", workers: 2, threads: 4, workerConnections: null };
    expect(neighbours(from, scopeOf(2)).map(nameOf)).toEqual([
      "gthread 1×4",
      "gthread 4×4",
      "gthread 2×2",
      "gthread 2×8",
      "gthread 4×2",
    ]);
  });
});
