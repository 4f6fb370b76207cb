/** Sets values in the text of a config file, and leaves all else as it is. What it cannot edit for certain it refuses. */

import { maskSource } from "./mask.ts";

/** A setting to be there: the names it may have in the file, and its value. Without one that exists, the first name is added. */
export interface Change {
  readonly names: readonly string[];
  readonly value: string | number;
}

export type Edit = { readonly text: string } | { readonly problem: string };

/** `isJson` forbids a comma after the last entry. */
export function editConfig(text: string, changes: readonly Change[], isJson: boolean): Edit {
  const masked = maskSource(text);
  const open = isJson ? masked.search(/\{/) : objectOf(masked);
  if (open < 0) return { problem: "its default export is not an object that is written there" };
  const found = entriesOf(text, masked, open);
  if (found === null) return { problem: "the object that it exports is not one whose end can be found" };
  const { entries, close } = found;
  const splices: Splice[] = [];
  const missing: Change[] = [];
  for (const change of changes) {
    const entry = entries.find(({ key }) => key !== null && change.names.includes(key));
    if (entry === undefined) missing.push(change);
    else if (!isLiteral(text.slice(entry.valueStart, entry.end))) {
      const line = text.slice(0, entry.start).split("\n").length;
      return { problem: `line ${line}: ${entry.key} is not a plain value there` };
    } else {
      const quote =
        text[entry.valueStart] === "'" || (typeof change.value === "string" && usesSingleQuotes(masked)) ? "'" : '"';
      splices.push({ from: entry.valueStart, to: entry.end, text: literal(change.value, isJson ? '"' : quote) });
    }
  }
  if (missing.length > 0) splices.push(...additions(missing, { text, masked, open, close, entries, isJson }));
  return { text: splices.toSorted((a, b) => b.from - a.from).reduce(apply, text) };
}

// --- internal ---

interface Entry {
  /** null: a spread, a computed name: something that is not ours to judge. */
  readonly key: string | null;
  readonly start: number;
  readonly valueStart: number;
  /** After the value. */
  readonly end: number;
  /** After the comma, if there is one. */
  readonly after: number;
}

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Where the object of settings opens; -1 if there is none. */
function objectOf(masked: string): number {
  const direct = opening(masked, /(?:^|[\n;}])\s*(?:export\s+default\s|module\.exports\s*=)\s*/g);
  if (direct >= 0) return direct;
  const name = /(?:^|[\n;}])\s*(?:export\s+default\s+|module\.exports\s*=\s*)([A-Za-z_$][\w$]*)\s*(?:;|\n|$)/.exec(
    masked,
  )?.[1];
  if (name === undefined) return -1;
  const declaration = new RegExp(
    `(?:^|[\\n;}])\\s*(?:const|let|var)\\s+${name.replaceAll("$", "\\$")}\\s*(?::\\s*[\\w.$]+\\s*)?=\\s*`,
    "g",
  );
  return opening(masked, declaration);
}

/** After the only match of `before`: `{`, or a call of defineConfig with one. */
function opening(masked: string, before: RegExp): number {
  const matches = [...masked.matchAll(before)];
  const [match] = matches;
  if (match === undefined || matches.length > 1) return -1;
  const from = match.index + match[0].length;
  const call = /^(?:defineConfig\s*)?(?:\(\s*)?\{/.exec(masked.slice(from));
  return call === null ? -1 : from + call[0].length - 1;
}

function entriesOf(text: string, masked: string, open: number): { entries: Entry[]; close: number } | null {
  const entries: Entry[] = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open + 1; at < masked.length; at++) {
    const char = masked[at]!;
    if ("([{".includes(char)) depth++;
    else if (depth > 0 && ")]}".includes(char)) depth--;
    else if (depth === 0 && (char === "," || char === "}")) {
      const entry = entryOf(text, masked, start, at, char === ",");
      if (entry !== null) entries.push(entry);
      if (char === "}") return { entries, close: at };
      start = at + 1;
    } else if (depth === 0 && ")]".includes(char)) return null;
  }
  return null;
}

function entryOf(text: string, masked: string, from: number, to: number, hasComma: boolean): Entry | null {
  const code = masked.slice(from, to);
  if (code.trim() === "") return null;
  const start = from + code.search(/\S/);
  const end = from + code.trimEnd().length;
  const after = hasComma ? to + 1 : end;
  const name = /^(?:[A-Za-z_$][\w$]*|"[^"]*"|'[^']*')(?=\s*(:|$))/.exec(masked.slice(start, end));
  if (name === null) return { key: null, start, valueStart: start, end, after };
  const key = text.slice(start, start + name[0].length).replaceAll(/^["']|["']$/g, "");
  const colon = masked.indexOf(":", start + name[0].length);
  // Shorthand: its value stands elsewhere.
  if (name[1] !== ":") return { key, start, valueStart: start, end, after };
  const valueStart = colon + 1 + (/\S/.exec(masked.slice(colon + 1, end))?.index ?? 0);
  return { key, start, valueStart, end, after };
}

function isLiteral(text: string): boolean {
  return /^(?:-?\d[\d_]*|"[^"\\\n]*"|'[^'\\\n]*'|null|undefined)$/.test(text);
}

function usesSingleQuotes(masked: string): boolean {
  return masked.split("'").length > masked.split('"').length;
}

function literal(value: string | number, quote: string): string {
  return typeof value === "number" ? String(value) : `${quote}${value}${quote}`;
}

interface Place {
  readonly text: string;
  readonly masked: string;
  readonly open: number;
  readonly close: number;
  readonly entries: readonly Entry[];
  readonly isJson: boolean;
}

/** The last entry gets a comma, and the new ones their place behind it: an entry that comes later wins, over a spread too. */
function additions(missing: readonly Change[], { text, masked, open, close, entries, isJson }: Place): Splice[] {
  const quote = !isJson && usesSingleQuotes(masked) ? "'" : '"';
  const lines = missing.map(({ names, value }) => `${isJson ? `"${names[0]}"` : names[0]}: ${literal(value, quote)}`);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const last = entries.at(-1);
  if (last === undefined) {
    const outer = /[ \t]*$/.exec(/^[ \t]*/.exec(lineOf(text, open))?.[0] ?? "")?.[0] ?? "";
    const body = lines.map((line) => `${newline}${outer}  ${line}`).join(",");
    // What is between the braces is comments at most.
    return [{ from: close, to: close, text: `${body}${isJson ? "" : ","}${newline}${outer}` }];
  }
  const hasComma = last.after > last.end;
  if (!text.slice(open, close).includes("\n")) {
    return insertions(last, last.after, lines.map((line) => ` ${line}`).join(","));
  }
  const indent = /^[ \t]*/.exec(lineOf(text, last.start))?.[0] ?? "  ";
  const body = lines.map((line) => `${newline}${indent}${line}`).join(",");
  // A comment on the last entry's line stays there.
  const endOfLine = text.slice(last.after, close).search(/\r?\n/);
  const at = endOfLine < 0 ? last.after : last.after + endOfLine;
  return insertions(last, at, `${body}${isJson || (endOfLine < 0 && !hasComma) ? "" : ","}`);
}

function insertions(last: Entry, at: number, body: string): Splice[] {
  if (last.after > last.end) return [{ from: at, to: at, text: body }];
  if (at === last.end) return [{ from: at, to: at, text: `,${body}` }];
  return [
    { from: last.end, to: last.end, text: "," },
    { from: at, to: at, text: body },
  ];
}

function lineOf(text: string, at: number): string {
  return text.slice(text.lastIndexOf("\n", at - 1) + 1);
}

function apply(text: string, { from, to, text: piece }: Splice): string {
  return text.slice(0, from) + piece + text.slice(to);
}
