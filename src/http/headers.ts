/** Reading and checking header fields: this runs for every field of every answer. */

import type { HeaderList } from "./exchange.ts";

/** What a response field means to the framing. 0 is a field like any other. */
export const FieldKind = {
  PLAIN: 0,
  CONTENT_LENGTH: 1,
  TRANSFER_ENCODING: 2,
  CONNECTION: 3,
  KEEP_ALIVE: 4,
  DATE: 5,
  SERVER: 6,
} as const;

const KINDS: Readonly<Record<string, number>> = {
  "content-length": FieldKind.CONTENT_LENGTH,
  "transfer-encoding": FieldKind.TRANSFER_ENCODING,
  connection: FieldKind.CONNECTION,
  "keep-alive": FieldKind.KEEP_ALIVE,
  date: FieldKind.DATE,
  server: FieldKind.SERVER,
};

/** Names seen by one thread: spelled-as-given → kind, or -1 for an invalid name. Bounded, since applications may make names up. */
export class FieldNames {
  readonly #seen = new Map<string, number>();

  /** A `FieldKind`, or -1 if the name is not a token. */
  kind(name: string): number {
    return this.#seen.get(name) ?? this.#learn(name);
  }

  #learn(name: string): number {
    const kind = isToken(name) ? (KINDS[name.toLowerCase()] ?? FieldKind.PLAIN) : -1;
    if (this.#seen.size < 1024) this.#seen.set(name, kind);
    return kind;
  }
}

/** An RFC 9110 token: what a header name and a method must be. */
export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) if (TOKEN[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/** What the characters of a field value allow. */
export const ValueKind = { ASCII: 0, LATIN1: 1, FORBIDDEN: 2 } as const;

/** Visible latin-1, space and tab may go on the wire; CR, LF, NUL and other control bytes, and what is beyond latin-1, may not. */
export function valueKind(value: string): number {
  if (value.length > SHORT && !NOT_PLAIN.test(value)) return ValueKind.ASCII;
  let kind: number = ValueKind.ASCII;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code > 126) {
      if (code === 127 || code > 255) return ValueKind.FORBIDDEN;
      kind = ValueKind.LATIN1;
    } else if (code < 32 && code !== 9) return ValueKind.FORBIDDEN;
  }
  return kind;
}

export function isFieldValue(value: string): boolean {
  return valueKind(value) !== ValueKind.FORBIDDEN;
}

/** First value of a field by lower-case name, or undefined. */
export function headerValue(headers: HeaderList, lowerName: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (sameName(headers[i]!, lowerName)) return headers[i + 1];
  return undefined;
}

/** Compares a name as received with a lower-case one, allocating nothing. */
export function sameName(name: string, lowerName: string): boolean {
  if (name.length !== lowerName.length) return false;
  if (name === lowerName) return true;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if ((code >= 65 && code <= 90 ? code | 32 : code) !== lowerName.charCodeAt(i)) return false;
  }
  return true;
}

/** A Content-Length as a number, or -1 if it is not plain digits within the exact integers. */
export function parseLength(value: string): number {
  if (value.length === 0 || value.length > 15) return -1;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

// --- internal ---

/** Up to this length a loop is quicker than a regular expression: each of its characters costs three times as much, but it starts at once. */
const SHORT = 16;
const NOT_PLAIN = /[^\t\x20-\x7e]/;

const TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  TOKEN[char.charCodeAt(0)] = 1;
