import { describe, expect, it } from "vitest";
import { readCloseLoad } from "../../../bench/lib/close-load.ts";
import { checkTable } from "../../../bench/lib/check.ts";
import { judge } from "../../../bench/lib/verdicts.ts";
import type { Measurement } from "../../../src/measure/load/load.ts";
import { BEGIN, benchmarksPage, END, withTable } from "../../../scripts/benchmarks-pages.ts";
import type { Point, Results } from "../../../src/measure/results.ts";

function point(subject: string, requestsPerSecond: number, more: Partial<Point> = {}): Point {
  return {
    ...{ subject, kind: "ours", driver: "wrk", connections: 16, rate: null, runs: 3, seconds: 1, requestsPerSecond },
    ...{ spread: 4, bytesPerSecond: 1, curve: [], errors: 0, firstError: null, rssMiB: 60, pssMiB: 40 },
    latency: { mean: 1, p50: 1, p90: 2, p99: 3, p99_9: 4, max: 5 },
    ...{ cpuMicrosecondsPerRequest: 10.4, clientCore: 0.5, clientLate: null, ...more },
  };
}

const RESULTS: Results = {
  ...{
    version: 1,
    title: "x",
    command: "npm run bench -- suite",
    date: "2026-03-04T05:06:07.000Z",
    junicorn: "v1.2.3",
  },
  machine: { processor: "A processor", cores: 2, memoryGiB: 4, linux: "6.1", node: "v20.1.0", loadAverage: 0 },
  scenarios: [
    {
      ...{ name: "hello", title: "Hello, world", about: "Small." },
      points: [
        point("Junicorn async", 90_000),
        point("Junicorn async", 100_000, { connections: 64 }),
        point("Junicorn async", 1000, { rate: 1000 }),
        point("Junicorn sync", 5000, { errors: 3 }),
        point("Gunicorn sync", 4000),
        point("Gunicorn gthread", 4500),
      ],
      leftOut: [{ subject: "Bun", why: "not installed: npm i\nmore" }],
      unable: [{ subject: "Junicorn gthread", why: "does not serve it" }],
    },
  ],
};

describe("README's table", () => {
  const text = withTable(`before\n${BEGIN}\nold\n${END}\nafter\n`, RESULTS);

  it("has the most of each that came without errors, and of Gunicorn its best class", () => {
    expect(text).toMatch(/\| Hello, world \| +errors \| +cannot \| +100,000 \| +\| +4,500 \|/);
  });

  it("says when, on what and with which version it was measured", () => {
    expect(text).toContain("Measured on 2026-03-04 with Junicorn v1.2.3: A processor, 2 cores");
  });

  it("replaces what was there, nothing else, and gives the same when it is made again", () => {
    expect(text).toMatch(new RegExp(`^before\n${BEGIN}\n[^]*${END}\nafter\n$`));
    expect(text).not.toContain("old");
    expect(withTable(text, RESULTS)).toBe(text);
    expect(() => withTable("no lines", RESULTS)).toThrow(BEGIN);
  });
});

describe("the page on benchmarks", () => {
  const page = benchmarksPage(RESULTS);

  it("has the command, each scenario with all its figures, and who was left out", () => {
    expect(page).toContain("npm run bench -- suite");
    expect(page).toContain("## Hello, world");
    expect(page.match(/^\| Junicorn async/gm)).toHaveLength(3);
    expect(page).toContain("Bun was left out: not installed: npm i.");
    expect(page).toMatch(/^\| Junicorn gthread: does not serve it \| +\|/m);
  });
});

describe("the table of --check", () => {
  it("has each bar with what was measured, and how many hold", () => {
    const rows = [true, false, null].map((passed, i) => ({
      compare: "sync",
      text: `bar ${i}`,
      value: "1.2 ×",
      passed,
    }));
    const lines = checkTable(rows).split("\n");
    expect(lines[1]).toMatch(/^sync +pass +1\.2 × +bar 0$/);
    expect(lines[2]).toMatch(/^sync +FAIL/);
    expect(lines[3]).toMatch(/^sync +NOT MEASURED/);
    expect(lines.at(-1)).toBe("1 of 3 bars hold");
  });
});

describe("a bar", () => {
  const sample = (requestsPerSecond: number, cpu: number, errors = 0): Measurement => ({
    ...{ driver: "wrk", connections: 8, rate: null, seconds: 1, requests: requestsPerSecond, requestsPerSecond },
    ...{ bytesPerSecond: 1, histogram: [], errors, firstError: null, clientCore: 0.5, clientLate: null },
    ...{ latency: point("", 1).latency, cpuMicrosecondsPerRequest: cpu, rssMiB: 1, pssMiB: 1, othersShare: 0 },
  });
  const bar = { subject: "ours", factor: 1.5, of: "theirs" };
  const samples = (errors: number): Map<string, Measurement[]> =>
    new Map([
      ["ours", [sample(300, 10), sample(100, 10, errors)]],
      ["theirs", [sample(150, 30), sample(50, 30)]],
    ]);

  it("is judged round by round, and says how it stands by processor time, which a busy machine changes less", () => {
    expect(judge(samples(0), bar)).toMatchObject({ value: "2.00 × (by CPU 3.00 ×)", passed: true });
    expect(judge(samples(0), { ...bar, factor: 2.1 }).passed).toBe(false);
  });

  it("is missed by whoever had errors, and not measured where a server is missing", () => {
    expect(judge(samples(2), bar)).toMatchObject({ value: "2.00 ×, but 2 errors", passed: false });
    expect(judge(new Map(), bar).passed).toBeNull();
  });
});

describe("the load of servers that close each connection", () => {
  it("is read from its line of JSON", () => {
    const line = '{"requests":100,"seconds":2,"p50":0.5,"p99":1.5,"errors":0,"clientCore":0.9}';
    expect(readCloseLoad(line, 8)).toMatchObject({
      requestsPerSecond: 50,
      connections: 8,
      latency: { p50: 0.5, p99: 1.5 },
    });
  });
});
