/** Medians, because runs on a shared machine have outliers on one side. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

/** Half the distance from least to most, in percent of the median. */
export function spread(values: readonly number[]): number {
  return (((Math.max(...values) - Math.min(...values)) / 2) * 100) / median(values);
}
