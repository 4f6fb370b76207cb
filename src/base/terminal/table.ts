/** Text in columns. */

import { cut, type Style, widthOf } from "./style.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: "left" | "right";
  /** Width that is kept even if no cell needs it, so that a table that is drawn anew does not jump. */
  readonly least?: number;
  /** Where the terminal is too narrow for all, columns go: those with the highest number first. Without it a column stays. */
  readonly expendable?: number;
}

export interface TableOptions {
  /** Columns of the terminal; Infinity: no limit. */
  readonly width: number;
  readonly style: Style;
}

/** The lines: titles first. The last column takes what is left of the width, and is cut to it. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], options: TableOptions): string[] {
  const cells = new Map(columns.map((column) => [column, [column.title, ...rows.map((row) => column.cell(row))]]));
  const widths = new Map(
    [...cells].map(([column, texts]) => [column, Math.max(column.least ?? 0, ...texts.map(widthOf))]),
  );
  const shown = fitting(columns, widths, options.width);
  const last = shown.at(-1);
  return Array.from({ length: rows.length + 1 }, (_, at) => {
    const line = shown
      .map((column) => {
        const text = cells.get(column)![at] ?? "";
        const padding = " ".repeat(Math.max(0, widths.get(column)! - widthOf(text)));
        if (column.align === "right") return padding + text;
        return column === last ? text : text + padding;
      })
      .join(GAP);
    const whole = cut(line.trimEnd(), options.width);
    return at === 0 ? options.style.dim(whole) : whole;
  });
}

// --- internal ---

const GAP = "  ";

/** The last column may be cut to this. */
const LEAST_LAST = 20;

function fitting<Row>(
  columns: readonly Column<Row>[],
  widths: ReadonlyMap<Column<Row>, number>,
  width: number,
): readonly Column<Row>[] {
  const needed = columns.reduce((sum, column, at) => {
    const own = widths.get(column)!;
    return sum + (at === columns.length - 1 ? Math.min(own, LEAST_LAST) : own + GAP.length);
  }, 0);
  const next = columns
    .filter((column) => column.expendable !== undefined)
    .toSorted((a, b) => b.expendable! - a.expendable!)[0];
  if (needed <= width || next === undefined) return columns;
  return fitting(
    columns.filter((column) => column !== next),
    widths,
    width,
  );
}
