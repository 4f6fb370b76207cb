/** Colours, where the terminal shows them and the user wants them; and the width of text that has some. */

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

/** Columns and lines of the terminal; no limit where the output goes elsewhere. */
export function sizeOf(stream: { readonly columns?: number; readonly rows?: number }): {
  width: number;
  height: number;
} {
  return { width: stream.columns ?? Infinity, height: stream.rows ?? Infinity };
}

/** Colours only on a terminal, and never with `NO_COLOR` (no-color.org). */
export function styleFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const wanted = stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  const code = (on: number, off: number) => (text: string) =>
    wanted && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), yellow: code(33, 39), green: code(32, 39) };
}

/** Columns that the text takes on the screen. */
export function widthOf(text: string): number {
  return Array.from(withoutStyle(text)).length;
}

/** At most `width` columns; what is cut ends in "…". Styles end where the text does. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return "";
  let left = width - 1;
  let result = "";
  for (const [piece] of text.matchAll(/\x1b\[\d+m|./gsu)) {
    if (piece.startsWith("\x1b[")) result += piece;
    else if (left > 0) {
      result += piece;
      left--;
    } else if (left === 0) {
      result += "…";
      left = -1;
    }
  }
  return result;
}

/** What comes from outside (a path, a name) must not command the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

// --- internal ---

function withoutStyle(text: string): string {
  return text.replaceAll(/\x1b\[\d+m/g, "");
}
