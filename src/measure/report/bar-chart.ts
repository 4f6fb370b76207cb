/** Bars, the longest first, each with its name and value. */

import { drawing, element, escape } from "./markup.ts";

export interface Bar {
  readonly name: string;
  /** A class of the page's style. */
  readonly style: string;
  readonly value: number;
  /** The value as text. */
  readonly text: string;
  /** How far runs lay apart, as the value's share; drawn as a whisker. */
  readonly spread?: number;
}

export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value, spread = 0 }) => value * (1 + spread)), Number.MIN_VALUE);
  const rows = bars.map(({ name, style, value, text, spread = 0 }, index) => {
    const y = index * ROW;
    const length = (size: number): number => (size / most) * (RIGHT - LEFT);
    const end = LEFT + length(value);
    const middle = y + ROW / 2;
    const whisker =
      spread > 0
        ? element("path", {
            class: "whisker",
            d: `M${end - length(value * spread)},${middle} H${end + length(value * spread)}`,
          })
        : "";
    const content = [
      element("text", { class: "label end", x: LEFT - 8, y: middle + 4 }, escape(name)),
      element("rect", { x: LEFT, y: y + 4, width: Math.max(1, length(value)), height: ROW - 8, rx: 2 }),
      whisker,
      element("text", { class: "value", x: end + length(value * spread) + 7, y: middle + 4 }, escape(text)),
      `<title>${escape(`${name}: ${text}${spread > 0 ? `, ± ${(100 * spread).toFixed(0)} %` : ""}`)}</title>`,
    ];
    return element("g", { class: style }, content.join(""));
  });
  const words = bars.map(({ name, text }) => `${name}: ${text}`).join("; ");
  return drawing({ width: WIDTH, height: bars.length * ROW + 2 }, title, words, rows.join(""));
}

// --- internal ---

const WIDTH = 640;
const LEFT = 190;
/** Leaves room for values. */
const RIGHT = 540;
const ROW = 24;
