import { describe, expect, it } from "vitest";
import { report } from "../../../src/measure/report/html.ts";
import { linear, logarithmic, spreadOut } from "../../../src/measure/report/scale.ts";
import type { Kind, Point, Results } from "../../../src/measure/results.ts";

function point(subject: string, kind: Kind, connections: number, rate: number | null = null): Point {
  return {
    ...{ subject, kind, driver: rate === null ? "wrk" : "paced", connections, rate, runs: 3, seconds: 2 },
    ...{ requestsPerSecond: 1000 * connections, spread: 4, bytesPerSecond: 1, errors: 0, firstError: null },
    latency: { mean: 1, p50: 1, p90: 2, p99: 3, p99_9: 4, max: 5 },
    curve: [0.5, 0.9, 0.99, 0.999, 1].map((share, i) => [share, i + 1]),
    ...{ cpuMicrosecondsPerRequest: 10, rssMiB: 60, pssMiB: 40, clientCore: 0.5, clientLate: null },
  };
}

function results(points: Point[]): Results {
  return {
    ...{ version: 1, title: "A run", command: "npm run bench", date: "2026-11-28T12:00:00.000Z", junicorn: "0.1.0" },
    machine: { processor: "x", cores: 2, memoryGiB: 4, linux: "6.1", node: "v20", loadAverage: 0 },
    scenarios: [
      { name: "hello", title: "Hello", about: "Small.", points, leftOut: [{ subject: "Bun", why: "npm i bun" }] },
    ],
  };
}

const POINTS = ["async", "Node http", "nginx"].flatMap((name, i) => {
  const kind = (["ours", "peer", "ceiling"] as const)[i]!;
  return [point(name, kind, 1), point(name, kind, 64), point(name, kind, 64, 500)];
});

describe("the report", () => {
  const page = report(results(POINTS));

  it("needs nothing from elsewhere, and no script", () => {
    expect(page).not.toMatch(/https?:\/\/|src=|@import|url\(|<script|<link/);
  });

  it("draws throughput, latency and memory, and says the same in words and in a table", () => {
    for (const caption of ["Most requests", "against concurrency", "Latency at 500 requests/s", "Memory"])
      expect(page).toContain(`<figcaption>${caption}`.split("<figcaption>")[1]);
    expect(page.match(/<svg /g)).toHaveLength(4);
    expect(page.match(/<svg [^>]*role="img" aria-label="[^"]*async/g)).toHaveLength(4);
    expect(page.match(/<tr>/g)).toHaveLength(1 + POINTS.length);
    expect(page).toContain("prefers-color-scheme: dark");
  });

  it("shows the slowest requests of a closed loop where nothing was asked at a fixed rate", () => {
    const closed = report(results(POINTS.filter(({ rate }) => rate === null)));
    expect(closed).toContain("99 of 100 requests within, with ");
    expect(page).not.toContain("99 of 100 requests within");
  });

  it("names who was left out, and the first failure of who failed", () => {
    const failed = { ...point("async", "ours", 1), errors: 3, firstError: "status 500: boom" };
    const text = report(results([failed]));
    expect(text).toContain("Bun was left out: npm i bun");
    expect(text).toContain("3 errors, the first: status 500: boom");
  });

  it("makes no markup of what servers say", () => {
    const name = '<img src=x onerror="alert(1)">';
    const text = report(results([{ ...point(name, "peer", 1), errors: 1, firstError: "</script>\x1b[31m&" }]));
    expect(text).not.toContain("<img");
    expect(text).not.toContain("</script>");
    expect(text).not.toContain("\x1b");
  });

  it("can be made of nothing: a run that was cut short at once", () => {
    expect(report({ ...results([]), interrupted: "interrupted" })).toContain("Nothing was measured.");
  });

  it("has no number that is none", () => {
    const silent = {
      ...point("async", "ours", 1),
      requestsPerSecond: 0,
      pssMiB: 0,
      rssMiB: 0,
      curve: [] as Point["curve"],
    };
    expect(report(results([silent, { ...silent, rate: 5 }]))).not.toMatch(/NaN|Infinity/);
  });
});

describe("scales", () => {
  it("end in a round number not under the most", () => {
    expect(linear(130_000).ticks).toEqual([0, 50_000, 100_000, 150_000]);
    expect(linear(0).ticks).toEqual([0, 1]);
    expect(linear(200).place(200)).toBe(1);
  });

  it("have every value between their ends, logarithmically", () => {
    const scale = logarithmic(0.15, 42);
    expect(scale.ticks).toEqual([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]);
    expect([scale.place(0.1), scale.place(50)]).toEqual([0, 1]);
    expect(logarithmic(1, 1).ticks.length).toBeGreaterThan(1);
  });

  it("keep labels apart and within the chart", () => {
    const places = spreadOut([10, 10, 99, 100], 15, 0, 100);
    expect(places).toHaveLength(4);
    const sorted = [...places].sort((a, b) => a - b);
    for (const [i, place] of sorted.entries()) if (i > 0) expect(place - sorted[i - 1]!).toBeGreaterThanOrEqual(14.99);
    expect(sorted.at(-1)).toBeLessThanOrEqual(100);
    expect(places[2]!).toBeLessThan(places[3]!);
  });
});
