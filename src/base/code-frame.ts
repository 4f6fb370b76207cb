/** Points at a line of a user's file: where an error came from, and the lines around it. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A place in a file; `line` counts from 1, `column` too, 0 where it is not known. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The place in the user's own code an error's stack names first: not in Node, not in Junicorn, not in a package. Syntax errors that Node or
 * a transpiler found name it before the frames. Null where the stack names none.
 */
export function locateError(error: unknown): SourceLocation | null {
  const stack = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : "";
  for (const line of stack.split("\n")) {
    const match = FRAME.exec(line);
    if (match === null) continue;
    const file = toPath(match[1] ?? "");
    if (file !== null && !file.startsWith(OWN_CODE) && !file.includes("/node_modules/")) {
      // jiti's bare place counts columns from 0, a stack frame from 1.
      const column = match[3] === undefined ? 0 : Number(match[3]) + (line.trimStart().startsWith("at ") ? 0 : 1);
      return { file, line: Number(match[2]), column };
    }
  }
  return null;
}

/**
 * The line and two to each side, numbered, with a mark under the column. Long lines, as bundlers write them, are cut to what is around the column.
 * Every line is indented, as lines of a log's message have to be. "" if the file cannot be read.
 */
export function codeFrame(location: SourceLocation): string {
  let lines: string[];
  try {
    lines = readFileSync(location.file, "utf8").trimEnd().split(/\r?\n/);
  } catch {
    return "";
  }
  const fault = lines[location.line - 1];
  if (fault === undefined) return "";
  // All lines are cut at the same places, so that the frame stays a picture of the file.
  const from = fault.length <= LONGEST ? 0 : Math.max(0, location.column - 1 - LONGEST / 2);
  const first = Math.max(1, location.line - MARGIN);
  const last = Math.min(lines.length, location.line + MARGIN);
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = cut(lines[number - 1] ?? "", from);
    const here = number === location.line;
    frame.push(`  ${here ? ">" : " "} ${String(number).padStart(width)} │ ${text}`.trimEnd());
    // Tabs are kept, so that the mark lands under its column however wide they are shown.
    const mark = location.column - 1 - from + (from > 0 ? 1 : 0);
    const indent = text.slice(0, Math.max(0, mark)).replaceAll(/[^\t]/g, " ");
    if (here && location.column > 0) frame.push(`    ${" ".repeat(width)} │ ${indent}^`);
  }
  return frame.join("\n");
}

// --- internal ---

const MARGIN = 2;
/** Characters of a line that are shown: more would only hide the message. */
const LONGEST = 160;
/** `at f (file:///a.mjs:1:2)`, `at /a.ts:1:2`, a bare ` /a.ts:2:9` (jiti) or `/a.cjs:2` (Node's syntax errors). */
const FRAME = /^\s*(?:at (?:.*\()?)?((?:file:\/\/)?\/[^():]*):(\d+)(?::(\d+))?\)?\s*$/;
/** src/ or dist/: the parent of this file's folder. */
const OWN_CODE = fileURLToPath(new URL("../", import.meta.url));

function cut(line: string, from: number): string {
  if (from > 0 && from >= line.length) return "";
  const rest = line.slice(from, from + LONGEST);
  return `${from > 0 ? "…" : ""}${rest}${from + LONGEST < line.length ? "…" : ""}`;
}

function toPath(place: string): string | null {
  try {
    return place.startsWith("file:") ? fileURLToPath(place) : place;
  } catch {
    return null;
  }
}
