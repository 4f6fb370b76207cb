/** Patterns of file names, as shells have them: `*`, `**`, `?`, `[ab]`, `[!ab]` and `{a,b}`. */

import { resolve, sep } from "node:path";

export interface Glob {
  /** The directory, or the path as a whole, below which all that can match is. */
  readonly base: string;
  /** Whether an absolute path matches. */
  matches(path: string): boolean;
}

/** A path or pattern, relative to `directory`. A path without wildcards matches itself and, if it is a directory, all that is in it. */
export function parseGlob(pattern: string, directory: string): Glob {
  const parts = pattern.split(sep);
  const wild = parts.findIndex((part) => WILD.test(part));
  if (wild < 0) {
    const base = resolve(directory, pattern);
    const inside = base.endsWith(sep) ? base : base + sep;
    return { base, matches: (path) => path === base || path.startsWith(inside) };
  }
  const root = pattern.startsWith(sep) ? sep : "";
  const base = resolve(directory, root + parts.slice(0, wild).join(sep));
  const rest = new RegExp(`^${parts.slice(wild).join(sep).replaceAll(TOKEN, translate)}$`);
  const inside = base.endsWith(sep) ? base : base + sep;
  return { base, matches: (path) => path.startsWith(inside) && rest.test(path.slice(inside.length)) };
}

// --- internal ---

const WILD = /[*?[{]/;

/** `**` with its slash, `**`, `*`, `?`, a set, a list of alternatives, or a character that means itself but not to a regular expression. */
const TOKEN = /\*\*\/|\*\*|\*|\?|\[[!^]?[^\]]+\]|\{[^{}]*\}|[.+^$(){}|[\]\\]/g;

/** Wildcards stay within a name, but for `**`, which passes through directories whose names do not begin with a dot. */
function translate(token: string): string {
  if (token === "**/") return "(?:[^/.][^/]*/)*";
  if (token === "**") return ".*";
  if (token === "*") return "[^/]*";
  if (token === "?") return "[^/]";
  if (token.length > 2 && token.startsWith("[")) return token.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
  if (token.length > 2 && token.startsWith("{")) {
    const ways = token.slice(1, -1).split(",");
    return `(?:${ways.map((way) => way.replaceAll(TOKEN, translate)).join("|")})`;
  }
  return `\\${token}`;
}
