/** Lines over an axis, each named at its end. */

import { drawing, element, escape } from "./markup.ts";
import { type Scale, spreadOut } from "./scale.ts";

export interface Line {
  readonly name: string;
  /** A class of the page's style. */
  readonly style: string;
  /** Where along the axis, from 0 to 1; the value; and what is shown when the mouse is over it. */
  readonly points: readonly { readonly x: number; readonly y: number; readonly tip: string }[];
}

export interface LineChart {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xTicks: readonly { readonly at: number; readonly text: string }[];
  readonly y: Scale;
  readonly yText: (value: number) => string;
  /** Those drawn last are on top. */
  readonly lines: readonly Line[];
}

export function lineChart({ title, xTitle, yTitle, xTicks, y, yText, lines }: LineChart): string {
  const x = (share: number): number => LEFT + share * (RIGHT - LEFT);
  const height = Math.max(HEIGHT, lines.length * LABEL_GAP + TOP + 50);
  const bottom = height - 42;
  const up = (value: number): number => bottom - y.place(value) * (bottom - TOP);
  const grid = y.ticks.map(
    (tick) =>
      element("line", { class: "grid", x1: LEFT, x2: RIGHT, y1: up(tick), y2: up(tick) }) +
      element("text", { class: "tick end", x: LEFT - 8, y: up(tick) + 4 }, escape(yText(tick))),
  );
  const below = xTicks.map(({ at, text }) =>
    element("text", { class: "tick middle", x: x(at), y: bottom + 18 }, escape(text)),
  );
  const titles =
    element("text", { class: "axis", x: 4, y: 14 }, escape(yTitle)) +
    element("text", { class: "axis middle", x: (LEFT + RIGHT) / 2, y: bottom + 37 }, escape(xTitle));
  const ends = lines.map(({ points }) => up(points.at(-1)!.y));
  const labels = spreadOut(ends, LABEL_GAP, TOP, bottom);
  const drawn = lines.map((line, index) => {
    const path = line.points.map((point) => `${x(point.x).toFixed(1)},${up(point.y).toFixed(1)}`).join(" ");
    const dots = line.points.map((point) =>
      element("circle", { cx: x(point.x), cy: up(point.y), r: 3.5 }, `<title>${escape(point.tip)}</title>`),
    );
    const [from, to, end] = [ends[index]!, labels[index]!, x(line.points.at(-1)!.x)];
    const leader = element("path", {
      class: "leader",
      d: `M${end + 5},${from.toFixed(1)} L${RIGHT + 14},${to.toFixed(1)}`,
    });
    const label = element("text", { class: "label", x: RIGHT + 18, y: to + 4 }, escape(line.name));
    return element(
      "g",
      { class: line.style },
      `${element("polyline", { points: path })}${dots.join("")}${leader}${label}`,
    );
  });
  const words = lines.map(({ name, points }) => `${name}: ${points.map(({ tip }) => tip).join("; ")}`).join(". ");
  return drawing({ width: WIDTH, height }, title, words, [...grid, ...below, titles, ...drawn].join(""));
}

// --- internal ---

const WIDTH = 640;
const HEIGHT = 300;
const LEFT = 58;
const RIGHT = 430;
const TOP = 30;
const LABEL_GAP = 16;
