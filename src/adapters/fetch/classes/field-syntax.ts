/** What a header name and value may look like in the Fetch standard, and how what an app gives becomes one. */

/**
 * A header name: an HTTP token, kept in the case it was given.
 * @throws {TypeError} if it is not a token.
 */
export function fieldName(given: unknown): string {
  const name = typeof given === "string" ? given : toText(given);
  if (!isToken(name)) throw new TypeError(`Invalid header name ${JSON.stringify(name)}`);
  return name;
}

/**
 * A header value: bytes (as latin-1 characters) without NUL, CR and LF, stripped of the white space around them.
 * @throws {TypeError} if it is not one.
 */
export function fieldValue(given: unknown): string {
  const text = typeof given === "string" ? given : toText(given);
  let end = text.length;
  let start = 0;
  while (end > 0 && isWhiteSpace(text.charCodeAt(end - 1))) end--;
  while (start < end && isWhiteSpace(text.charCodeAt(start))) start++;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff || code === 13 || code === 10 || code === 0) refuseValue(text, code);
  }
  return end - start === text.length ? text : text.slice(start, end);
}

/** RFC 9110 §5.6.2. */
export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) {
    if (TOKEN[text.charCodeAt(i)] !== 1) return false;
  }
  return true;
}

/** The reason phrase of a status line (RFC 9112 §4): HTAB, SP, VCHAR and obs-text. */
export function isReasonPhrase(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

// --- internal ---

const TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
  TOKEN[char.charCodeAt(0)] = 1;

function isWhiteSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

function toText(given: unknown): string {
  // `${symbol}` throws a TypeError, String(symbol) does not
  return `${given as string}`;
}

function refuseValue(text: string, code: number): never {
  const problem =
    code > 0xff ? `the character ${JSON.stringify(String.fromCharCode(code))} is no byte` : "it holds a NUL, CR or LF";
  throw new TypeError(`Invalid header value ${JSON.stringify(text)}: ${problem}`);
}
