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

/**
 * How many times `theirs` `ours` is, compared round by round, for the machine's speed may change from one round to the next. null without a
 * round in which both were measured.
 */
export function ratioByRound(ours: readonly number[], theirs: readonly number[]): number | null {
  const rounds = Math.min(ours.length, theirs.length);
  if (rounds === 0) return null;
  return median(ours.slice(0, rounds).map((value, round) => value / theirs[round]!));
}
