import { expect, test } from "vitest";
import { cut, printable, styleFor, widthOf } from "../../../src/base/terminal/style.ts";
import { type Column, table } from "../../../src/base/terminal/table.ts";
import { bytes, count, duration, rate, share, shortTime } from "../../../src/base/terminal/units.ts";

const PLAIN = styleFor({ isTTY: false }, {});
const COLOURED = styleFor({ isTTY: true }, { TERM: "xterm" });

test("quantities have a few digits and a unit, and what is absent is a dash", () => {
  expect([0, 9940, 59_900, 60_000, 3_700_000, 7_200_000, 187_200_000].map(duration)).toEqual([
    "0.0 s",
    "9.9 s",
    "59 s",
    "1 min",
    "1 h 1 min",
    "2 h",
    "2 d 4 h",
  ]);
  expect([0.04, 1.25, 38.4, 999.4, 1400].map(shortTime)).toEqual(["0.04 ms", "1.3 ms", "38 ms", "999 ms", "1.4 s"]);
  expect([0, 1023, 1024, 98 * 1024 ** 2, 1.25 * 1024 ** 3].map(bytes)).toEqual([
    "0 B",
    "1023 B",
    "1.0 KiB",
    "98 MiB",
    "1.3 GiB",
  ]);
  expect([0, 999, 1000, 1_234_567].map(count)).toEqual(["0", "999", "1,000", "1,234,567"]);
  expect([0, 0.26, 812.4, 12_400].map(rate)).toEqual(["0", "0.3", "812", "12,400"]);
  expect([duration(null), shortTime(null), bytes(null), rate(null), share(0, 0)]).toEqual(["-", "-", "-", "-", "-"]);
});

test("a share is 0 % or 100 % only when it is", () => {
  expect([share(0, 3), share(3, 3), share(1, 1e6), share(999_999, 1e6), share(1, 3)]).toEqual([
    "0 %",
    "100 %",
    "<0.1 %",
    ">99.9 %",
    "33.3 %",
  ]);
});

test("colours only on a terminal, and not with NO_COLOR or on one that has none", () => {
  expect(COLOURED.red("late")).toBe("\x1b[31mlate\x1b[39m");
  for (const style of [
    PLAIN,
    styleFor({ isTTY: true }, { NO_COLOR: "1" }),
    styleFor({ isTTY: true }, { TERM: "dumb" }),
  ])
    expect(style.red("late")).toBe("late");
});

test("text is measured and cut by what is seen of it, and its colour ends", () => {
  const text = `${COLOURED.red("hang")}ing`;
  expect(widthOf(text)).toBe(7);
  expect(cut(text, 7)).toBe(text);
  expect(cut(text, 3)).toBe("\x1b[31mha…\x1b[39m");
});

test("what a client sends cannot command the terminal", () => {
  expect(printable("/\x1b[2J\u009b")).toBe("/\\x1b[2J\\x9b");
});

interface Row {
  readonly name: string;
  readonly size: number;
}

const COLUMNS: Column<Row>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "SIZE", align: "right", cell: ({ size }) => String(size), expendable: 1 },
  { title: "HALF", align: "right", cell: ({ size }) => String(size / 2), expendable: 2 },
  { title: "NOTE", cell: () => "twenty columns or more of it" },
];
const ROWS: Row[] = [
  { name: "a", size: 1000 },
  { name: "long", size: 8 },
];

test("columns are aligned, and the least needed go where the terminal is narrow", () => {
  expect(table(ROWS, COLUMNS, { width: Infinity, style: PLAIN })).toEqual([
    "NAME  SIZE  HALF  NOTE",
    "a     1000   500  twenty columns or more of it",
    "long     8     4  twenty columns or more of it",
  ]);
  expect(table(ROWS, COLUMNS, { width: 34, style: PLAIN })).toEqual([
    "NAME  SIZE  NOTE",
    "a     1000  twenty columns or mor…",
    "long     8  twenty columns or mor…",
  ]);
  expect(table(ROWS, COLUMNS, { width: 12, style: PLAIN })[1]).toBe("a     twent…");
});
