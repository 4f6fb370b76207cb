/** Finds the syntax error in a graph of ES modules. V8 knows its place, but Node tells it to nobody but its own fatal exit. */

import { readFileSync } from "node:fs";
import path from "node:path";
import type { SourceLocation } from "../base/code-frame.ts";

/** Searches `file` and the modules it imports by path, in the order of their imports. Null if another parser finds nothing wrong. */
export async function findSyntaxError(file: string): Promise<SourceLocation | null> {
  const { createJiti } = await import("jiti");
  const jiti = createJiti(file, { fsCache: false });
  const seen = new Set<string>();
  const search = (current: string): SourceLocation | null => {
    if (seen.has(current) || seen.size > MOST_MODULES) return null;
    seen.add(current);
    const source = read(current);
    if (source === null) return null;
    const place = placeIn(jiti.transform({ source, filename: current, async: true }), current);
    if (place !== null) return place;
    for (const [, specifier] of source.matchAll(IMPORTED)) {
      const found = search(path.resolve(path.dirname(current), specifier!));
      if (found !== null) return found;
    }
    return null;
  };
  return search(file);
}

// --- internal ---

const MOST_MODULES = 5000;
const IMPORTED = /\b(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g;

/** jiti does not throw: it returns a module that will. */
function placeIn(output: string, file: string): SourceLocation | null {
  const found = /^exports\.__JITI_ERROR__ = (?<json>\{.*\})/.exec(output)?.groups?.["json"];
  if (found === undefined) return null;
  const { line, column } = JSON.parse(found) as { line: number; column: number };
  return { file, line, column };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null; // not a file by that name: the pattern is no parser
  }
}
