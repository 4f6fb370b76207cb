/** The charts of a scenario. */

import { bytes, count, rate, shortTime } from "../../base/terminal/units.ts";
import type { Point, ScenarioResult } from "../results.ts";
import { type Bar, barChart } from "./bar-chart.ts";
import { type Line, lineChart } from "./line-chart.ts";
import { linear, logarithmic } from "./scale.ts";

export interface Chart {
  readonly caption: string;
  readonly svg: string;
}

/** Name of a subject → its class of the page's style. */
export type Styles = ReadonlyMap<string, string>;

/** Most throughput of each, throughput against concurrency, latency, memory: those that there is something for. */
export function chartsOf({ title, points }: ScenarioResult, styles: Styles): Chart[] {
  const closed = points.filter((point) => point.rate === null);
  const paced = points.filter((point) => point.rate !== null);
  const rates = [...new Set(paced.map((point) => `${point.rate}/${point.connections}`))];
  return [
    best(title, closed, styles),
    throughput(title, closed, styles),
    ...rates.map((key) =>
      latency(
        title,
        paced.filter((point) => `${point.rate}/${point.connections}` === key),
        styles,
      ),
    ),
    paced.length === 0 ? tail(title, closed, styles) : null,
    memory(title, points, styles),
  ].filter((chart) => chart !== null);
}

// --- internal ---

function best(title: string, closed: readonly Point[], styles: Styles): Chart | null {
  if (closed.length === 0) return null;
  const bars = bySubject(closed).map(([subject, points]): Bar => {
    const top = points.toSorted((a, b) => b.requestsPerSecond - a.requestsPerSecond)[0]!;
    const failed = top.errors > 0 ? `, ${count(top.errors)} errors` : "";
    return {
      ...{ name: subject, style: styles.get(subject) ?? "peer", value: top.requestsPerSecond },
      ...{ text: `${rate(top.requestsPerSecond)}${failed}`, spread: top.spread / 100 },
    };
  });
  const caption = "Most requests per second, at whichever concurrency (longer is better)";
  return { caption, svg: barChart(`${title}: ${caption}`, byValue(bars)) };
}

function throughput(title: string, closed: readonly Point[], styles: Styles): Chart | null {
  const steps = [...new Set(closed.map((point) => point.connections))].sort((a, b) => a - b);
  if (steps.length < 2) return null;
  const place = (connections: number): number => steps.indexOf(connections) / (steps.length - 1);
  const lines = linesOf(closed, styles, (point) => ({
    x: place(point.connections),
    y: point.requestsPerSecond,
    tip: `${connectionsOf(point.connections)}: ${rate(point.requestsPerSecond)} requests/s`,
  }));
  const caption = "Requests per second against concurrency (higher is better)";
  const svg = lineChart({
    ...{ title: `${title}: ${caption}`, xTitle: "connections", yTitle: "requests/s", lines },
    xTicks: steps.map((step) => ({ at: place(step), text: count(step) })),
    y: linear(Math.max(...closed.map((point) => point.requestsPerSecond))),
    yText: (value) => short(value),
  });
  return { caption, svg };
}

/** The axis stretches the tail: as far from 99 % to 99.9 % as from 90 % to 99 %. */
function latency(title: string, paced: readonly Point[], styles: Styles): Chart | null {
  const [{ rate: asked, connections } = { rate: 0, connections: 0 }] = paced;
  const shown = SHARES.map((share) => 1 - share);
  const place = (share: number): number => Math.log10(shown[0]! / (1 - share)) / Math.log10(shown[0]! / shown.at(-1)!);
  const within = ([share]: Point["curve"][number]): boolean => share >= SHARES[0]! && share <= SHARES.at(-1)!;
  const withCurve = paced
    .map((point) => ({ point, curve: point.curve.filter(within) }))
    .filter(({ curve }) => curve.length > 0);
  if (withCurve.length === 0) return null;
  const lines = order(withCurve, ({ point }) => point).map(({ point, curve }): Line => ({
    name: point.errors > 0 ? `${point.subject} (${count(point.errors)} errors)` : point.subject,
    style: styles.get(point.subject) ?? "peer",
    points: curve.map(([share, ms]) => ({
      ...{ x: place(share), y: Math.max(ms, 0.01) },
      tip: `${+(100 * share).toFixed(2)} % within ${shortTime(ms)}`,
    })),
  }));
  const all = lines.flatMap(({ points }) => points.map(({ y }) => y));
  const caption = `Latency at ${rate(asked)} requests/s over ${connectionsOf(connections)}, stalls counted for all who waited (lower is better)`;
  const svg = lineChart({
    ...{ title: `${title}: ${caption}`, xTitle: "share of the requests", yTitle: "within", lines },
    xTicks: SHARES.map((share) => ({ at: place(share), text: `${+(100 * share).toFixed(1)} %` })),
    y: logarithmic(Math.min(...all), Math.max(...all)),
    yText: (value) => (value >= 1000 ? `${value / 1000} s` : `${+value.toFixed(3)} ms`),
  });
  return { caption, svg };
}

function memory(title: string, points: readonly Point[], styles: Styles): Chart | null {
  const caption = "Memory of all processes under load, shared pages counted once (shorter is better)";
  const mib = ({ pssMiB, rssMiB }: Point): number => pssMiB || rssMiB;
  return leastOf({ title, caption, points, styles }, mib, (value) => bytes(value * 2 ** 20));
}

/** Where nothing was asked at a fixed rate: what a closed loop tells of latencies, at its most connections. */
function tail(title: string, closed: readonly Point[], styles: Styles): Chart | null {
  const most = Math.max(...closed.map(({ connections }) => connections));
  const points = closed.filter(({ connections }) => connections === most);
  const caption = `99 of 100 requests within, with ${connectionsOf(most)} that ask again at once (shorter is better)`;
  return leastOf({ title, caption, points, styles }, ({ latency: { p99 } }) => p99, shortTime);
}

interface BarsInput {
  readonly title: string;
  readonly caption: string;
  readonly points: readonly Point[];
  readonly styles: Styles;
}

/** Of each the most, the least of them first. */
function leastOf(
  { title, caption, points, styles }: BarsInput,
  valueOf: (point: Point) => number,
  text: (value: number) => string,
): Chart | null {
  if (points.length === 0) return null;
  const bars = bySubject(points).map(([subject, own]): Bar => {
    const value = Math.max(...own.map(valueOf));
    return { name: subject, style: styles.get(subject) ?? "peer", value, text: text(value) };
  });
  return { caption, svg: barChart(`${title}: ${caption}`, byValue(bars).toReversed()) };
}

const SHARES = [0.5, 0.9, 0.99, 0.999];

function linesOf(
  points: readonly Point[],
  styles: Styles,
  place: (point: Point) => Line["points"][number],
): readonly Line[] {
  const lines = bySubject(points).map(([subject, own]) => ({
    ...{ kind: own[0]!.kind, name: subject, style: styles.get(subject) ?? "peer" },
    points: own.toSorted((a, b) => a.connections - b.connections).map(place),
  }));
  return order(lines, ({ kind }) => ({ kind }));
}

function bySubject(points: readonly Point[]): [string, readonly Point[]][] {
  const subjects = [...new Set(points.map(({ subject }) => subject))];
  return subjects.map((subject) => [subject, points.filter((point) => point.subject === subject)]);
}

/** Ours last: on top of the others. */
function order<T>(list: readonly T[], pointOf: (entry: T) => Pick<Point, "kind">): readonly T[] {
  const ours = (entry: T): boolean => pointOf(entry).kind === "ours";
  return [...list.filter((entry) => !ours(entry)), ...list.filter(ours)];
}

function byValue(bars: readonly Bar[]): Bar[] {
  return bars.toSorted((a, b) => b.value - a.value);
}

function short(value: number): string {
  return value >= 1000 ? `${+(value / 1000).toFixed(1)}k` : String(+value.toFixed(1));
}

function connectionsOf(number: number): string {
  return `${count(number)} connection${number === 1 ? "" : "s"}`;
}
