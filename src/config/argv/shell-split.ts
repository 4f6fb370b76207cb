/** Splits JUNICORN_CMD_ARGS into arguments as a shell would, without expanding anything. */

import { JunicornError } from "../../base/errors.ts";

/**
 * Words are separated by white space. 'single' quotes keep everything, "double" quotes too save that a backslash escapes `"`, `\`, `$` and a
 * backquote; elsewhere a backslash keeps the next character. Throws `ERR_USAGE` for a quote that is not closed.
 */
export function shellSplit(line: string, source: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length;) {
    const char = line[at] ?? "";
    if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
      at += 1;
      continue;
    }
    const piece: Piece = readPiece(line, at, source);
    word = (word ?? "") + piece.text;
    at = piece.next;
  }
  return word === null ? words : [...words, word];
}

// --- internal ---

interface Piece {
  readonly text: string;
  readonly next: number;
}

/** A quoted string, an escaped character or a plain one. */
function readPiece(line: string, at: number, source: string): Piece {
  const char = line[at] ?? "";
  if (char === "\\") {
    if (at + 1 >= line.length) throw usage(source, "it ends in a backslash");
    return { text: line[at + 1] ?? "", next: at + 2 };
  }
  if (char === "'") {
    const end = line.indexOf("'", at + 1);
    if (end < 0) throw usage(source, `the quote ' at column ${at + 1} is not closed`);
    return { text: line.slice(at + 1, end), next: end + 1 };
  }
  if (char !== '"') return { text: char, next: at + 1 };
  const match = DOUBLE_QUOTED.exec(line.slice(at));
  if (match === null) throw usage(source, `the quote " at column ${at + 1} is not closed`);
  return { text: (match[1] ?? "").replaceAll(/\\(["\\$`])/g, "$1"), next: at + match[0].length };
}

const DOUBLE_QUOTED = /^"((?:[^"\\]|\\[^])*)"/;

function usage(source: string, problem: string): JunicornError {
  return new JunicornError("ERR_USAGE", { problem: `${source}: ${problem}` });
}
