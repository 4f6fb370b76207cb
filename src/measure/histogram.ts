/** Counts durations in buckets whose width is at most 3 % of what they hold: quantiles of any number of requests, in little memory. */

import { type Bucket, quantile } from "../base/quantiles.ts";

/** Buckets of an octave. */
const STEPS = 32;
const STEP_BITS = 5;

export class Histogram {
  readonly #counts = new Map<number, number>();
  #sum = 0;
  #max = 0;
  #count = 0;

  record(ms: number): void {
    this.add(ms, 1);
  }

  /** `count` durations of the same length. */
  add(ms: number, count: number): void {
    const at = indexOf(Math.max(0, Math.round(ms * 1000)));
    this.#counts.set(at, (this.#counts.get(at) ?? 0) + count);
    this.#sum += ms * count;
    this.#count += count;
    if (ms > this.#max) this.#max = ms;
  }

  get count(): number {
    return this.#count;
  }

  /** In ms, in order, those that are not empty. */
  buckets(): Bucket[] {
    return [...this.#counts]
      .sort(([a], [b]) => a - b)
      .map(([at, count]) => [startOf(at) / 1000, startOf(at + 1) / 1000, count]);
  }

  latency(): Latency {
    return latencyOf(this.buckets(), this.#count === 0 ? 0 : this.#sum / this.#count, this.#max);
  }
}

/** In ms. */
export interface Latency {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p99_9: number;
  readonly max: number;
}

/** A quantile never exceeds the longest: within a bucket it is interpolated. */
export function latencyOf(buckets: readonly Bucket[], mean: number, max: number): Latency {
  const at = (q: number): number => round(Math.min(max, quantile(buckets, q) ?? 0));
  return { mean: round(mean), p50: at(0.5), p90: at(0.9), p99: at(0.99), p99_9: at(0.999), max: round(max) };
}

/** Shares whose durations make the curve of a chart: [share, ms]. */
export function curveOf(buckets: readonly Bucket[], max: number): [share: number, ms: number][] {
  return CURVE.map((share) => [share, round(Math.min(max, quantile(buckets, share) ?? 0))]);
}

// --- internal ---

const CURVE = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 1];

/** Up to 2 × STEPS a bucket is a microsecond; from there on each octave has STEPS of them. */
function indexOf(microseconds: number): number {
  if (microseconds < STEPS) return microseconds;
  const octave = Math.floor(Math.log2(microseconds)) - STEP_BITS;
  return octave * STEPS + Math.floor(microseconds / 2 ** octave);
}

function startOf(index: number): number {
  if (index < 2 * STEPS) return index;
  const octave = Math.floor(index / STEPS) - 1;
  return (index - octave * STEPS) * 2 ** octave;
}

/** To a microsecond. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
