import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { styleFor } from "../../../src/base/terminal/style.ts";
import type { Measurement } from "../../../src/measure/load/load.ts";
import { failureLines, pointsTable } from "../../../src/measure/points-table.ts";
import { readResults, summarise } from "../../../src/measure/results.ts";

function run(requestsPerSecond: number, more: Partial<Measurement> = {}): Measurement {
  return {
    driver: "autocannon",
    connections: 8,
    rate: null,
    seconds: 1,
    requests: requestsPerSecond,
    requestsPerSecond,
    bytesPerSecond: 1,
    latency: { mean: 2, p50: 2, p90: 2, p99: 2, p99_9: 2, max: 2.5 },
    histogram: [[2, 3, requestsPerSecond]],
    errors: 0,
    firstError: null,
    clientCore: 0.5,
    clientLate: null,
    cpuMicrosecondsPerRequest: 10,
    rssMiB: 50,
    pssMiB: 40,
    othersShare: 0,
    ...more,
  };
}

describe("a summary of runs", () => {
  it("has medians, the spread, and latencies of all runs together", () => {
    const point = summarise("one", "ours", [run(90), run(100), run(110, { errors: 2, firstError: "status 500: no" })]);
    expect(point).toMatchObject({
      requestsPerSecond: 100,
      spread: 10,
      runs: 3,
      errors: 2,
      firstError: "status 500: no",
    });
    expect(point.latency.p50).toBeCloseTo(2.5, 1);
    expect(point.curve.at(-1)).toEqual([1, 2.5]);
  });

  it("tells nothing of what was not known", () => {
    const nothing = run(0, { cpuMicrosecondsPerRequest: null, histogram: [], clientCore: null });
    expect(summarise("one", "peer", [nothing])).toMatchObject({
      cpuMicrosecondsPerRequest: null,
      spread: 0,
      clientCore: null,
    });
  });
});

describe("the table", () => {
  const style = styleFor({}, {});

  it("marks a client that could do no more, and shows errors where there are some", () => {
    const points = [summarise("quick", "ours", [run(100)]), summarise("full", "peer", [run(5, { clientCore: 0.99 })])];
    const text = pointsTable(points, { style, width: Infinity }).join("\n");
    expect(text).toMatch(/full .*99 %, full/);
    expect(text).not.toContain("errors");
    const failed = summarise("bad", "peer", [run(1, { errors: 3, firstError: "status 500: boom" })]);
    expect(pointsTable([failed], { style, width: Infinity })[0]).toContain("errors");
    expect(failureLines([failed])).toEqual(["bad, 8 connections: 3 errors, the first: status 500: boom"]);
  });
});

describe("a file of results", () => {
  it("is refused with its name where it is none, or one of another version", () => {
    const folder = mkdtempSync(join(tmpdir(), "junicorn-results-"));
    const file = join(folder, "x.json");
    for (const [text, problem] of [
      ["{", /JSON/],
      ['{"version":99,"scenarios":[]}', /version is 99, and this reads 1/],
      ["[]", /version is undefined/],
    ] as const) {
      writeFileSync(file, text);
      expect(() => readResults(file)).toThrow(problem);
      expect(() => readResults(file)).toThrow(file);
    }
    rmSync(folder, { recursive: true });
  });
});
