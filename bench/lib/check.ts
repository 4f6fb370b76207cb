/** `--check`: the bars of all compares in one table. */

import { styleFor } from "../../src/base/terminal/style.ts";
import { table } from "../../src/base/terminal/table.ts";
import { markOf, type Verdict } from "./report.ts";

export interface Judged extends Verdict {
  readonly compare: string;
}

export function checkTable(judged: readonly Judged[]): string {
  const style = styleFor(process.stdout, process.env);
  const colour = { pass: style.green, FAIL: style.red, "NOT MEASURED": style.yellow };
  const columns = [
    { title: "compare", cell: (row: Judged) => row.compare },
    { title: "", cell: (row: Judged) => colour[markOf(row)](markOf(row)) },
    { title: "measured", cell: (row: Judged) => row.value },
    { title: "bar", cell: (row: Judged) => row.text },
  ];
  const passed = judged.filter((row) => row.passed === true).length;
  const lines = table(judged, columns, { style, width: Infinity });
  return `${lines.join("\n")}\n\n${passed} of ${judged.length} bars hold`;
}
