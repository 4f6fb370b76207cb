import { describe, expect, it } from "vitest";
import { curveOf, Histogram } from "../../../src/measure/histogram.ts";
import { median, ratioByRound, spread } from "../../../src/measure/statistics.ts";

describe("a histogram", () => {
  it("tells quantiles within 3 % of the true ones, from microseconds to minutes", () => {
    const histogram = new Histogram();
    const values = Array.from({ length: 10_000 }, (_, i) => 0.01 * 1.0016 ** i);
    for (const value of values) histogram.record(value);
    for (const [quantile, told] of Object.entries({
      0.5: histogram.latency().p50,
      0.9: histogram.latency().p90,
      0.99: histogram.latency().p99,
    })) {
      const real = values[Math.floor(Number(quantile) * values.length)]!;
      expect(Math.abs(told - real) / real, quantile).toBeLessThan(0.03);
    }
    expect(histogram.latency().max).toBeCloseTo(values.at(-1)!, 3);
  });

  it("has buckets that follow one another without gap or overlap", () => {
    const histogram = new Histogram();
    for (let microseconds = 0; microseconds < 5000; microseconds++) histogram.record(microseconds / 1000);
    const buckets = histogram.buckets();
    expect(buckets[0]![0]).toBe(0);
    for (const [at, [from]] of buckets.entries()) if (at > 0) expect(from).toBe(buckets[at - 1]![1]);
    expect(buckets.reduce((sum, [, , count]) => sum + count, 0)).toBe(5000);
  });

  it("never tells more than the longest, nor anything without a request", () => {
    const histogram = new Histogram();
    expect(histogram.latency()).toEqual({ mean: 0, p50: 0, p90: 0, p99: 0, p99_9: 0, max: 0 });
    histogram.add(1000.4, 3);
    expect(histogram.latency().p99_9).toBeLessThanOrEqual(1000.4);
    expect(curveOf(histogram.buckets(), 1000.4).at(-1)).toEqual([1, 1000.4]);
  });
});

describe("statistics", () => {
  it("know the middle and how far runs lie apart", () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(spread([90, 100, 110])).toBeCloseTo(10);
  });

  it("compare round by round, so that a slow round of the machine says nothing", () => {
    expect(ratioByRound([100, 50, 200], [50, 25, 100])).toBe(2);
    expect(ratioByRound([], [1])).toBeNull();
  });
});
