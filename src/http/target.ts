/** The parts of a request target (RFC 9112 §3.2), whichever of its four forms it has. Nothing is decoded. */

/** The path: "/a/b" of "/a/b?c" and of "http://host/a/b?c"; "*" of "*"; "" of "host:443". */
export function targetPath(target: string): string {
  const start = pathStart(target);
  for (let i = start; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code === QUESTION || code === HASH) return target.slice(start, i);
  }
  return start === 0 ? target : target.slice(start);
}

/** What follows the first "?", without it; "" if there is none. */
export function targetQuery(target: string): string {
  const mark = target.indexOf("?");
  if (mark < 0) return "";
  const hash = target.indexOf("#");
  if (hash < 0) return target.slice(mark + 1);
  return hash < mark ? "" : target.slice(mark + 1, hash);
}

// --- internal ---

const SLASH = 47;
const QUESTION = 63;
const HASH = 35;

/** Where the path begins: after the authority in the absolute form; at the very end where there is none. */
function pathStart(target: string): number {
  if (target.charCodeAt(0) === SLASH || target === "*") return 0;
  const scheme = target.indexOf("://");
  if (scheme < 0) return target.length;
  for (let i = scheme + 3; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code === SLASH || code === QUESTION || code === HASH) return i;
  }
  return target.length;
}
