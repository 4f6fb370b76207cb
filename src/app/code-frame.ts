/** A few lines of source around a place, with the place marked. */

import { readFileSync } from "node:fs";

export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1; 0 if unknown. */
  readonly column: number;
}

/**
 *     app.js:2:11
 *       1 │ const a = 1;
 *     > 2 │ const b = ;
 *         │           ^
 *       3 │
 *
 * Just the place where the file cannot be read.
 */
export function codeFrame({ file, line, column }: Place): string {
  const title = `${file}:${line}${column > 0 ? `:${column}` : ""}`;
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").split(/\r?\n/);
  } catch {
    return title;
  }
  if (line > lines.length) return title;
  const first = Math.max(1, line - 2);
  const last = Math.min(lines.length, line + 2);
  const width = String(last).length;
  const frame = [title];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1]!;
    if (text.length > LONGEST) return title; // minified: a frame would show nothing
    frame.push(`${number === line ? ">" : " "} ${String(number).padStart(width)} │ ${text}`.trimEnd());
    if (number === line && column > 0) frame.push(`  ${" ".repeat(width)} │ ${indentLike(text, column - 1)}^`);
  }
  return frame.join("\n");
}

// --- internal ---

const LONGEST = 200;

/** As far in as `column` of `text`, keeping its tabs. */
function indentLike(text: string, column: number): string {
  return text.slice(0, column).replace(/[^\t]/g, " ").padEnd(column);
}
