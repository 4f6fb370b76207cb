/** Quantiles of durations that were counted in buckets. */

/** [from, to, count]: so many durations of at least `from` and less than `to` milliseconds. */
export type Bucket = readonly [from: number, to: number, count: number];

/** The duration in ms that a share `q` (0 to 1) of all those counted does not exceed; null if none was counted. Within a bucket it is interpolated. */
export function quantile(buckets: readonly Bucket[], q: number): number | null {
  const total = buckets.reduce((sum, [, , count]) => sum + count, 0);
  if (total === 0) return null;
  const rank = q * total;
  let below = 0;
  for (const [from, to, count] of buckets) {
    if (below + count >= rank) return from + ((to - from) * Math.max(0, rank - below)) / count;
    below += count;
  }
  return buckets.at(-1)![1];
}

/** What `later` counts beyond `earlier`. A bucket that has shrunk belongs to another life, and counts whole. */
export function bucketsSince(later: readonly Bucket[], earlier: readonly Bucket[]): Bucket[] {
  const before = new Map(earlier.map(([from, , count]) => [from, count]));
  return later
    .map(([from, to, count]): Bucket => {
      const known = before.get(from) ?? 0;
      return [from, to, known <= count ? count - known : count];
    })
    .filter(([, , count]) => count > 0);
}

/** All of them together, in order. */
export function sumBuckets(all: readonly (readonly Bucket[])[]): Bucket[] {
  const sums = new Map<number, [from: number, to: number, count: number]>();
  for (const buckets of all)
    for (const [from, to, count] of buckets) {
      const sum = sums.get(from);
      if (sum === undefined) sums.set(from, [from, to, count]);
      else sum[2] += count;
    }
  return [...sums.values()].sort(([a], [b]) => a - b);
}
