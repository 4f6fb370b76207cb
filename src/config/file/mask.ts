/** JavaScript, TypeScript or JSON with everything blanked out that is not code, so that what is found in it is code. */

/** As long as `text`: what stands in comments, strings, templates and regular expressions is spaces; quotes and line breaks stay. */
export function maskSource(text: string): string {
  let result = "";
  for (let at = 0; at < text.length;) {
    const end = endOfOpaque(text, at, result);
    if (end === at) {
      result += text[at]!;
      at++;
      continue;
    }
    const isComment = text[at] === "/" && (text[at + 1] === "/" || text[at + 1] === "*");
    const piece = text.slice(at, end);
    result += isComment
      ? blank(piece)
      : `${piece[0]}${blank(piece.slice(1, -1))}${piece.length > 1 ? piece.at(-1) : ""}`;
    at = end;
  }
  return result;
}

// --- internal ---

function blank(text: string): string {
  return text.replaceAll(/[^\r\n]/g, " ");
}

/** Where the comment, string, template or regular expression that begins at `at` ends; `at` if none does. */
function endOfOpaque(text: string, at: number, before: string): number {
  const char = text[at]!;
  if (char === "/" && text[at + 1] === "/") return until(/\r?\n|$/g, text, at, false);
  if (char === "/" && text[at + 1] === "*") return until(/\*\//g, text, at + 2, true);
  if (char === '"' || char === "'")
    return until(char === '"' ? /(?:\\[^]|[^"\\\n])*(?:"|$)/gy : /(?:\\[^]|[^'\\\n])*(?:'|$)/gy, text, at + 1, true);
  if (char === "`") return endOfTemplate(text, at + 1);
  // After a value a slash divides; anywhere else it begins a regular expression.
  if (char === "/" && !/[\w$)\]}"'`]\s*$/.test(before.slice(-200)))
    return until(/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/gy, text, at + 1, true);
  return at;
}

/** Index after the next match, or before it; the end of the text where there is none. */
function until(pattern: RegExp, text: string, from: number, after: boolean): number {
  pattern.lastIndex = from;
  const match = pattern.exec(text);
  if (match === null) return text.length;
  return after ? match.index + match[0].length : match.index;
}

/** Templates hold code that can hold templates. */
function endOfTemplate(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "`") return at + 1;
    else if (text[at] === "$" && text[at + 1] === "{") at = endOfHole(text, at + 2);
  }
  return text.length;
}

function endOfHole(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const end = endOfOpaque(text, at, text.slice(from, at));
    if (end > at) at = end - 1;
    else if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return text.length;
}
