/**
 * `npm run test:tune`, minutes on a quiet machine: what `junicorn tune` recommends is within 10 % of the best of everything, for an application that computes, one
 * that waits, and one that does both. The short form is in tune.test.ts.
 */

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { median } from "../../src/measure/statistics.ts";
import { APPS, runJunicorn } from "../support/junicorn.ts";

const CWD = join(APPS, "tune");
const GRID = ["--workers", "1,2,4", "--threads", "2,4,8", "--runs", "2"];
const PAIRS = 5;
const MINUTES = 60_000;

interface Candidate {
  workerClass: string;
  workers: number;
  threads: number;
}

interface Finding {
  recommended: { candidate: Candidate };
  rivals: Candidate[];
  clear: boolean;
  reasons: string[];
}

interface Point {
  subject: string;
  requestsPerSecond: number;
}

async function bench(app: string, args: string[]): Promise<Point[]> {
  const { code, stdout, stderr } = await runJunicorn(["bench", "--json", ...args, app], {
    cwd: CWD,
    exitWithin: 10 * MINUTES,
  });
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { scenarios: { points: Point[] }[] }).scenarios[0]!.points;
}

async function rateOf({ workerClass, workers, threads }: Candidate, app: string): Promise<number> {
  const one = ["--classes", workerClass, "--workers", String(workers), "--threads", String(threads)];
  const [point] = await bench(app, [...one, "--runs", "1", "--seconds", "2"]);
  return point!.requestsPerSecond;
}

function candidateOf(name: string): Candidate {
  const [, workerClass = "", workers, threads = "1"] = /^(\w+) (\d+)(?:×(\d+))?$/.exec(name) ?? [];
  return { workerClass, workers: Number(workers), threads: Number(threads) };
}

describe.skipIf(process.env["JUNICORN_TUNE"] !== "full")("against the full grid", () => {
  it.each([
    { app: "cpu.mjs", classes: ["sync", "gthread"] },
    { app: "io.mjs", classes: ["async"] },
    { app: "mixed.mjs", classes: ["sync", "gthread", "async"] },
  ])("$app", { timeout: 15 * MINUTES }, async ({ app, classes }) => {
    const tuned = await runJunicorn(["tune", "--json", app], { cwd: CWD, exitWithin: 5 * MINUTES });
    const finding = JSON.parse(tuned.stdout) as Finding;
    const pick = finding.recommended.candidate;
    // Where others have most of the CPUs it is too close to call, and tune says so.
    const named = finding.clear ? [pick] : [pick, ...finding.rivals];
    const suits = ({ workerClass }: Candidate): boolean => classes.includes(workerClass);
    expect(named.some(suits), `${JSON.stringify(pick)}: ${finding.reasons.join("\n")}`).toBe(true);
    const grid = (await bench(app, GRID)).toSorted((a, b) => b.requestsPerSecond - a.requestsPerSecond);
    const best = candidateOf(grid[0]!.subject);
    // Side by side once more: what was measured minutes apart cannot be compared.
    const ratios: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      // One after the other, and the other way round the next time: what drifts disadvantages neither.
      const order = pair % 2 === 0 ? [pick, best] : [best, pick];
      const rates = new Map<Candidate, number>();
      for (const candidate of order) rates.set(candidate, await rateOf(candidate, app));
      ratios.push(rates.get(pick)! / rates.get(best)!);
    }
    const table = grid
      .map(({ subject, requestsPerSecond }) => `${subject}: ${requestsPerSecond.toFixed(0)}`)
      .join(", ");
    console.log(
      `${app}: tune picks ${JSON.stringify(pick)}, ${median(ratios).toFixed(2)} × ${grid[0]!.subject}, the best of ${table}`,
    );
    expect(median(ratios)).toBeGreaterThan(0.9);
  });
});
