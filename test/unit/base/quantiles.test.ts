import { expect, test } from "vitest";
import { type Bucket, bucketsSince, quantile, sumBuckets } from "../../../src/base/quantiles.ts";

const BUCKETS: Bucket[] = [
  [1, 2, 90],
  [2, 4, 9],
  [64, 80, 1],
];

test("a quantile lies in the bucket that has it, and nothing has none", () => {
  expect(quantile(BUCKETS, 0.5)).toBeCloseTo(1 + 50 / 90);
  expect(quantile(BUCKETS, 0.95)).toBeCloseTo(2 + (2 * 5) / 9);
  expect(quantile(BUCKETS, 1)).toBe(80);
  expect(quantile([], 0.5)).toBeNull();
});

test("what came between two readings, also when the worker is another one by then", () => {
  const later: Bucket[] = [
    [1, 2, 95],
    [2, 4, 9],
    [4, 8, 2],
    [64, 80, 0],
  ];
  expect(bucketsSince(later, BUCKETS)).toEqual([
    [1, 2, 5],
    [4, 8, 2],
  ]);
  expect(bucketsSince([[1, 2, 3]], BUCKETS)).toEqual([[1, 2, 3]]);
});

test("several workers' buckets add up in order", () => {
  expect(sumBuckets([[[2, 4, 1]], BUCKETS])).toEqual([
    [1, 2, 90],
    [2, 4, 10],
    [64, 80, 1],
  ]);
});
