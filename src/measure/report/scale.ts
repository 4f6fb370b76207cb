/** Scales of charts: where a value goes, and which values are written at the axis. */

export interface Scale {
  /** From 0 to 1. */
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From nothing to a little over `most`, with four to six round ticks. */
export function linear(most: number): Scale {
  const step = roundStep(most > 0 ? most / 4 : 1);
  const end = step * Math.max(1, Math.ceil(most / step - 1e-9));
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, i) => i * step);
  return { place: (value) => value / end, ticks };
}

/** In decades, with 1, 2 and 5 of each as ticks where there are few decades. */
export function logarithmic(least: number, most: number): Scale {
  const from = Math.max(least, 1e-3);
  const to = Math.max(most, from * 2);
  const factors = Math.log10(to / from) > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let decade = Math.floor(Math.log10(from)); decade <= Math.ceil(Math.log10(to)); decade++)
    for (const factor of factors) ticks.push(factor * 10 ** decade);
  const first = ticks.findLast((tick) => tick <= from * 1.0001) ?? ticks[0]!;
  const last = ticks.find((tick) => tick >= to * 0.9999) ?? ticks.at(-1)!;
  const shown = ticks.filter((tick) => tick >= first && tick <= last);
  const range = Math.log(last / first);
  return { place: (value) => Math.log(Math.max(value, first) / first) / range, ticks: shown };
}

/** Places apart from one another by `gap` at least, as near as may be to where they should be, within the limits. */
export function spreadOut(places: readonly number[], gap: number, from: number, to: number): number[] {
  const order = places.map((place, index) => ({ place, index })).sort((a, b) => a.place - b.place);
  let last = from - gap;
  for (const entry of order) last = entry.place = Math.max(entry.place, last + gap);
  last = to + gap;
  for (const entry of order.toReversed()) last = entry.place = Math.min(entry.place, last - gap);
  const result = [...places];
  for (const { place, index } of order) result[index] = place;
  return result;
}

// --- internal ---

/** 1, 2 or 5 times a power of ten, not under the value. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value * 0.9999) ?? 10) * power;
}
