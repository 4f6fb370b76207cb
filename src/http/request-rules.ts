/**
 * The parser's rules for a request head that somebody else has parsed. A test holds the two in step: over the same requests, the same verdicts.
 * It runs for every request of the uws engine, so it allocates nothing and looks at each character once.
 */

import { METHODS } from "../base/node-http.ts";
import type { HeaderList } from "./exchange.ts";
import { ValueKind, valueKind } from "./headers.ts";
import type { RuleName } from "./rules.ts";

export interface HeadLimits {
  /** 0 is unlimited, as everywhere. */
  readonly requestLine: number;
  readonly fields: number;
  readonly fieldSize: number;
  readonly body: number;
}

/** What a checked head says of its body. */
export interface Framing {
  /** -1 when chunked, 0 without a body. */
  contentLength: number;
  expectsContinue: boolean;
  /** `Connection: close` was asked for. */
  close: boolean;
  /** All values are ASCII. */
  ascii: boolean;
  /** The last Host that was found good; kept from one request to the next. */
  goodHost: string;
}

/** A target in origin form and lower-case names are taken for granted; `framing` is filled in. Returns null if all is well. */
export function brokenRule(
  method: string,
  target: string,
  headers: HeaderList,
  limits: HeadLimits,
  framing: Framing,
): RuleName | null {
  framing.contentLength = 0;
  framing.expectsContinue = false;
  framing.close = false;
  framing.ascii = true;
  if (limits.requestLine > 0 && method.length + target.length + 10 > limits.requestLine) return "request-line-too-long";
  if (method !== "GET" && !KNOWN_METHODS.has(method)) return "bad-method";
  if (method === "CONNECT") return "bad-target"; // its target is an authority, and this one is none
  if (!isVisible(target)) return "bad-target";
  if (headers.length > 2 * (limits.fields === 0 ? MOST_FIELDS : limits.fields)) return "too-many-fields";
  const rule = brokenField(headers, limits.fieldSize === 0 ? Infinity : limits.fieldSize, framing);
  return rule === null && limits.body > 0 && framing.contentLength > limits.body ? "body-too-large" : rule;
}

/** RFC 3986 host with an optional port, as a Host field may have it. */
export function isHost(value: string): boolean {
  const bracket = value.charCodeAt(0) === 0x5b;
  const end = bracket ? value.indexOf("]") + 1 : hostEnd(value);
  if (end < 1 || (bracket && end < 4)) return false;
  for (let i = bracket ? 1 : 0; i < (bracket ? end - 1 : end); i++) {
    const code = value.charCodeAt(i);
    if (bracket ? !isHex(code) && code !== 0x3a && code !== 0x2e : REG_NAME[code] !== 1) return false;
    if (code === 0x25 && !(isHex(value.charCodeAt(i + 1)) && isHex(value.charCodeAt(i + 2)))) return false;
  }
  return end === value.length || (value.charCodeAt(end) === 0x3a && isPort(value, end + 1));
}

// --- internal ---

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/** The parser's own bound when there is no limit. */
const MOST_FIELDS = 32768;

/** See SHORT in headers.ts. */
function isVisible(target: string): boolean {
  if (target.length > 16) return !NOT_VISIBLE.test(target);
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}

const NOT_VISIBLE = /[^\x21-\x7e]/;

const CLOSE = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i;

const REG_NAME = new Uint8Array(128);
for (const char of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=%")
  REG_NAME[char.charCodeAt(0)] = 1;

function brokenField(headers: HeaderList, mostBytes: number, framing: Framing): RuleName | null {
  let hosts = 0;
  let lengths = 0;
  let types = 0;
  let codings: string | null = null;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (name.length + value.length + 4 > mostBytes) return "field-too-long";
    // Most requests of a server name the same few hosts.
    if (name.length === 4 && name === "host" && value === framing.goodHost) {
      if (++hosts > 1) return "repeated-host";
      continue;
    }
    const characters = valueKind(value);
    if (characters !== ValueKind.ASCII) {
      framing.ascii = false;
      if (characters === ValueKind.FORBIDDEN) return "bad-field-value";
    }
    switch (name.length) {
      case 4:
        if (name !== "host") break;
        if (++hosts > 1) return "repeated-host";
        if (!isHost(value)) return "bad-host";
        framing.goodHost = value;
        break;
      case 6:
        if (name !== "expect") break;
        if (value.toLowerCase() !== "100-continue") return "expectation-failed";
        framing.expectsContinue = true;
        break;
      case 10:
        if (name === "connection" && value !== "keep-alive") framing.close = CLOSE.test(value);
        break;
      case 12:
        if (name === "content-type" && ++types > 1) return "repeated-content-type";
        break;
      case 14:
        if (name !== "content-length") break;
        if (++lengths > 1) return "repeated-content-length";
        framing.contentLength = digitsOf(value);
        if (framing.contentLength < 0) return "bad-content-length";
        break;
      case 17:
        if (name === "transfer-encoding") codings = codings === null ? value : `${codings},${value}`;
        break;
    }
  }
  if (hosts === 0) return "missing-host";
  if (codings === null) return null;
  if (lengths > 0) return "content-length-with-transfer-encoding";
  framing.contentLength = -1;
  return brokenCoding(codings);
}

function brokenCoding(codings: string): RuleName | null {
  const list = codings.split(",").map((coding) => coding.trim().toLowerCase());
  if (list.at(-1) !== "chunked" || list.indexOf("chunked") !== list.length - 1) return "transfer-encoding-not-chunked";
  return list.length === 1 ? null : "unsupported-transfer-coding";
}

function digitsOf(value: string): number {
  if (value.length === 0) return -1;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
    if (length > Number.MAX_SAFE_INTEGER) return -1;
  }
  return length;
}

function hostEnd(value: string): number {
  const colon = value.indexOf(":");
  return colon < 0 ? value.length : colon;
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

function isPort(value: string, from: number): boolean {
  const digits = value.slice(from);
  return digits === "" || (digitsOf(digits) >= 0 && digitsOf(digits) <= 65535);
}
