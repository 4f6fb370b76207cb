/** An atom of the access log: what `%(name)s` shows, and the constant text that follows it. */

import { apacheTime, SteadySecondText } from "../../base/clock.ts";
import { cgiVariable } from "../cgi.ts";
import type { Exchange, HeaderList } from "../exchange.ts";
import { sameName } from "../headers.ts";
import { targetPath, targetQuery } from "../target.ts";
import { escapeLogValue } from "./escape.ts";

/**
 * One class for all, which looks at what it shows of an exchange in a `switch`: a function for each would not be inlined where there are several, and this is for
 * every request. What the value was last time, and its text, are kept: to compare costs less than to make the text.
 */
export class Atom {
  /** Of the exchange that was looked at last. */
  text = "";
  /** Its text mostly stays the same from one request to the next. */
  readonly isSteady: boolean;

  readonly #source: Source;
  /** Of a field, in lower case. */
  readonly #name: string;
  readonly #show: Show;
  readonly #clock: SteadySecondText | null;
  readonly #after: string;
  #value: Value = null;

  constructor({ source, name = "", show = String, isSteady = false }: AtomSpec, after: string) {
    this.#source = source;
    this.#name = name;
    this.#show = show;
    this.#after = after;
    this.#clock = source === Source.TIME ? new SteadySecondText(apacheTime) : null;
    this.isSteady = isSteady;
  }

  /** Looks at an exchange. True: the text is another than it was. */
  look(exchange: Exchange, milliseconds: number): boolean {
    const value = this.#valueOf(exchange, milliseconds);
    if (value === this.#value) return false;
    this.#value = value;
    this.text = (value === undefined ? MISSING : this.#show(value as never)) + this.#after;
    return true;
  }

  #valueOf(exchange: Exchange, milliseconds: number): Value {
    switch (this.#source) {
      case Source.ADDRESS:
        return exchange.peer.remoteAddress;
      case Source.TIME:
        return this.#clock!.at(exchange.startedAt + milliseconds);
      case Source.METHOD:
        return exchange.method;
      case Source.TARGET:
        return exchange.target;
      case Source.VERSION:
        return exchange.httpVersion;
      case Source.STATUS:
        return exchange.status;
      case Source.BYTES:
        return exchange.bytesSent;
      case Source.REQUEST_FIELD:
        return fieldOf(exchange.rawHeaders, this.#name);
      case Source.RESPONSE_FIELD:
        return fieldOf(exchange.responseHeaders, this.#name);
      case Source.VARIABLE:
        return cgiVariable(exchange, this.#name);
      case Source.DURATION:
        return milliseconds;
      case Source.PROCESS:
        return process.pid;
      default:
        return undefined;
    }
  }
}

/** The atoms that a name stands for: with those of other names, in order, they make a line. An unknown name shows as "-". */
export function atomsOf(name: string, after: string): Atom[] {
  const parts = name === "r" ? REQUEST_LINE : [[specOf(name), ""] as const];
  return parts.map(([spec, between], i) => new Atom(spec, i === parts.length - 1 ? after : between));
}

// --- internal ---

/** What of an exchange an atom is about. */
const Source = {
  NOTHING: 0,
  ADDRESS: 1,
  TIME: 2,
  METHOD: 3,
  TARGET: 4,
  VERSION: 5,
  STATUS: 6,
  BYTES: 7,
  REQUEST_FIELD: 8,
  RESPONSE_FIELD: 9,
  VARIABLE: 10,
  DURATION: 11,
  PROCESS: 12,
} as const;
type Source = (typeof Source)[keyof typeof Source];

/** Undefined: the exchange has none. Null: nothing was looked at. */
type Value = string | number | undefined | null;
type Show = ((text: string) => string) | ((value: number) => string);

interface AtomSpec {
  readonly source: Source;
  readonly name?: string;
  /** The text of a value, safe to stand in a line. */
  readonly show?: Show;
  readonly isSteady?: boolean;
}

const MISSING = "-";

const METHOD: AtomSpec = { source: Source.METHOD, show: escapeLogValue, isSteady: true };
const TARGET: AtomSpec = { source: Source.TARGET, show: escapeLogValue };
const VERSION: AtomSpec = { source: Source.VERSION, show: (version: string) => `HTTP/${version}`, isSteady: true };

const REQUEST_LINE: readonly (readonly [AtomSpec, string])[] = [
  [METHOD, " "],
  [TARGET, " "],
  [VERSION, ""],
];

/** A null prototype, so that "constructor" is as unknown as any other name. */
const SPECS: Readonly<Record<string, AtomSpec | undefined>> = Object.assign(Object.create(null), {
  h: { source: Source.ADDRESS, show: (address: string) => address || MISSING, isSteady: true },
  l: { source: Source.NOTHING, isSteady: true }, // kept for the sake of the common format
  u: { ...requestField("authorization", userOf), isSteady: true },
  t: { source: Source.TIME, isSteady: true },
  m: METHOD,
  U: { source: Source.TARGET, show: (target: string) => escapeLogValue(targetPath(target)) },
  q: { source: Source.TARGET, show: (target: string) => escapeLogValue(targetQuery(target)) },
  H: VERSION,
  // 0 is an exchange that was over before anything was answered.
  s: { source: Source.STATUS, show: unlessZero, isSteady: true },
  B: { source: Source.BYTES, isSteady: true },
  b: { source: Source.BYTES, show: unlessZero, isSteady: true },
  f: requestField("referer"),
  a: requestField("user-agent"),
  T: { source: Source.DURATION, show: (milliseconds: number) => String(Math.trunc(milliseconds / 1000)) },
  M: { source: Source.DURATION, show: (milliseconds: number) => String(Math.trunc(milliseconds)) },
  D: { source: Source.DURATION, show: (milliseconds: number) => String(Math.trunc(milliseconds * 1000)) },
  L: { source: Source.DURATION, show: (milliseconds: number) => (milliseconds / 1000).toFixed(6) },
  p: { source: Source.PROCESS, show: (pid: number) => `<${pid}>`, isSteady: true },
} satisfies Record<string, AtomSpec>);

function specOf(name: string): AtomSpec {
  const known = SPECS[name];
  if (known !== undefined) return known;
  const braces = /^\{(.+)\}([ioe])$/i.exec(name);
  if (braces === null) return { source: Source.NOTHING };
  const inner = braces[1]!;
  switch (braces[2]!.toLowerCase()) {
    case "i":
      return requestField(inner);
    case "o":
      return { ...requestField(inner), source: Source.RESPONSE_FIELD };
    default:
      return { source: Source.VARIABLE, name: inner.toUpperCase(), show: escapeLogValue };
  }
}

function requestField(name: string, show: (value: string) => string = escapeLogValue): AtomSpec {
  return { source: Source.REQUEST_FIELD, name: name.toLowerCase(), show };
}

/** A field that came more than once has all its values, as one field would carry them (RFC 9110 §5.3). */
function fieldOf(headers: HeaderList, name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (!sameName(headers[i]!, name)) continue;
    value = value === undefined ? headers[i + 1]! : `${value}, ${headers[i + 1]!}`;
  }
  return value;
}

function unlessZero(value: number): string {
  return value === 0 ? MISSING : String(value);
}

/** The user of basic authentication (RFC 7617), whose password stays out of the log. */
function userOf(authorization: string): string {
  const encoded = /^basic +(\S+)/i.exec(authorization)?.[1];
  if (encoded === undefined) return MISSING;
  const credentials = Buffer.from(encoded, "base64").toString("utf8");
  const colon = credentials.indexOf(":");
  return colon > 0 ? escapeLogValue(credentials.slice(0, colon)) : MISSING;
}
