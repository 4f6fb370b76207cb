/** The atoms of the access log: what `%(name)s` shows. */

import { apacheTime, SteadySecondText } from "../../base/clock.ts";
import { cgiVariable } from "../cgi.ts";
import type { Exchange, HeaderList, HttpVersion } from "../exchange.ts";
import { headerValue, sameName } from "../headers.ts";
import { targetPath, targetQuery } from "../target.ts";
import { escapeLogValue } from "./escape.ts";

/** Text of an atom, already escaped, and of the constant part that follows it: the fewer pieces a line has, the sooner it is put together. */
export type Atom = (exchange: Exchange, milliseconds: number) => string;

/**
 * A line, of which `literals` are before, between and after the atoms. Atoms next to each other that mostly stay the same from one line to the next are one piece, and all
 * pieces are the line: each of these is kept, and made anew only where one of its parts is another. To put strings together, and to make bytes of what is in pieces, is most of what a line costs.
 */
export function lineOf(names: readonly string[], literals: readonly string[]): Atom {
  const pieces: Atom[] = [];
  let steady: Atom[] = [];
  const close = (): void => {
    if (steady.length > 0) pieces.unshift(steady.length === 1 ? steady[0]! : joined("", steady));
    steady = [];
  };
  // From the end, for what is always the same becomes a part of what is before it.
  let after = literals.at(-1)!;
  for (const [i, name] of [...names.entries()].reverse()) {
    const before = literals[i]!;
    if (ALWAYS_MISSING.has(name)) {
      after = `${before}-${after}`;
      continue;
    }
    const atom = atomFor(name, after);
    after = before;
    if (STEADY.has(name)) steady.unshift(atom);
    else {
      close();
      pieces.unshift(atom);
    }
  }
  close();
  return joined(after, pieces);
}

// --- internal ---

/** Kept for the sake of the common format. */
const ALWAYS_MISSING: ReadonlySet<string> = new Set(["l"]);

/** What mostly stays the same from one request to the next, and is short, so that it costs little to find out. */
const STEADY: ReadonlySet<string> = new Set(["h", "u", "t", "m", "H", "s", "B", "b", "p"]);

/** The atom of a name, followed by `after`; unknown names give "-". */
function atomFor(name: string, after: string): Atom {
  const known = ATOMS[name];
  if (known !== undefined) return known(after);
  const braces = /^\{(.+)\}([ioe])$/i.exec(name);
  if (braces === null) return missing(after);
  const inner = braces[1]!;
  switch (braces[2]!.toLowerCase()) {
    case "i":
      return headerAtom(inner, (exchange) => exchange.rawHeaders, after);
    case "o":
      return headerAtom(inner, (exchange) => exchange.responseHeaders, after);
    default: {
      const variable = inner.toUpperCase();
      return optional((exchange) => cgiVariable(exchange, variable))(after);
    }
  }
}

type MakeAtom = (after: string) => Atom;

const missing: MakeAtom = (after) => constant(`-${after}`);

/** A null prototype, so that "constructor" is as unknown as any other name. */
const ATOMS: Readonly<Record<string, MakeAtom | undefined>> = Object.assign(Object.create(null), {
  h: addressAtom,
  u: optional(userOf),
  t: (after) => {
    const time = new SteadySecondText((now) => apacheTime(now) + after);
    return ({ startedAt }, milliseconds) => time.at(startedAt + milliseconds);
  },
  r: (after) => {
    const begin = remembered((method) => `${escapeLogValue(method)} `);
    const versions = { "1.0": ` HTTP/1.0${after}`, "1.1": ` HTTP/1.1${after}`, "2.0": ` HTTP/2.0${after}` };
    // Compared one by one: an object for each line would be more than it saves.
    let lastMethod = "";
    let lastTarget = "";
    let lastVersion: HttpVersion | null = null;
    let text = "";
    return ({ method, target, httpVersion }) => {
      if (target === lastTarget && method === lastMethod && httpVersion === lastVersion) return text;
      lastMethod = method;
      lastTarget = target;
      lastVersion = httpVersion;
      return (text = begin(method) + escapeLogValue(target) + versions[httpVersion]);
    };
  },
  m: followed((exchange) => escapeLogValue(exchange.method)),
  U: followed((exchange) => escapeLogValue(targetPath(exchange.target))),
  q: followed((exchange) => escapeLogValue(targetQuery(exchange.target))),
  H: followed((exchange) => `HTTP/${exchange.httpVersion}`),
  s: statusAtom,
  B: followed((exchange) => String(exchange.bytesSent)),
  b: followed((exchange) => (exchange.bytesSent === 0 ? "-" : String(exchange.bytesSent))),
  f: (after) => headerAtom("referer", (exchange) => exchange.rawHeaders, after),
  a: (after) => headerAtom("user-agent", (exchange) => exchange.rawHeaders, after),
  T: followed((_, milliseconds) => String(Math.trunc(milliseconds / 1000))),
  M: followed((_, milliseconds) => String(Math.trunc(milliseconds))),
  D: followed((_, milliseconds) => String(Math.trunc(milliseconds * 1000))),
  L: followed((_, milliseconds) => (milliseconds / 1000).toFixed(6)),
  p: (after) => constant(`<${process.pid}>${after}`),
} satisfies Record<string, MakeAtom>);

function joined(first: string, atoms: readonly Atom[]): Atom {
  const last = atoms.map(() => "");
  let text = first;
  let isWhole = false;
  return (exchange, milliseconds) => {
    let isSame = true;
    for (let i = 0; i < atoms.length; i++) {
      const piece = atoms[i]!(exchange, milliseconds);
      if (piece === last[i]) continue;
      last[i] = piece;
      isSame = false;
    }
    if (!isSame) {
      text = first;
      for (const piece of last) text += piece;
    } else if (!isWhole) text = first + last.join(""); // in one piece, which pays from now on
    isWhole = isSame;
    return text;
  };
}

function constant(text: string): Atom {
  return () => text;
}

function followed(text: Atom): MakeAtom {
  return (after) => (exchange, milliseconds) => text(exchange, milliseconds) + after;
}

/** The text of a value that is often the same as the last one: to compare them costs less than to look at every character. */
function remembered(text: (value: string) => string): (value: string) => string {
  let last = "";
  let made = text("");
  return (value) => {
    if (value !== last) {
      made = text(value);
      last = value;
    }
    return made;
  };
}

function optional(value: (exchange: Exchange) => string | undefined): MakeAtom {
  return (after) => {
    const none = `-${after}`;
    return (exchange) => {
      const text = value(exchange);
      return text === undefined ? none : escapeLogValue(text) + after;
    };
  };
}

/** Behind a proxy all requests have one address, and many requests of a client have. */
function addressAtom(after: string): Atom {
  let address = "";
  let text = `-${after}`;
  return ({ peer }) => {
    if (peer.remoteAddress !== address) {
      address = peer.remoteAddress;
      text = (address || "-") + after;
    }
    return text;
  };
}

/** 0 is an exchange that was over before anything was answered. */
function statusAtom(after: string): Atom {
  const texts = [`-${after}`];
  return ({ status }) => (texts[status] ??= status + after);
}

function headerAtom(name: string, list: (exchange: Exchange) => HeaderList, after: string): Atom {
  const wanted = name.toLowerCase();
  const none = `-${after}`;
  const shown = remembered((value) => escapeLogValue(value) + after);
  return (exchange) => {
    const headers = list(exchange);
    for (let i = 0; i < headers.length; i += 2) {
      if (sameName(headers[i]!, wanted)) return shown(allValues(headers, i, wanted));
    }
    return none;
  };
}

/** A field that came more than once shows all its values, as one field would carry them (RFC 9110 §5.3). */
function allValues(headers: HeaderList, first: number, wanted: string): string {
  let value = headers[first + 1]!;
  for (let i = first + 2; i < headers.length; i += 2)
    if (sameName(headers[i]!, wanted)) value += `, ${headers[i + 1]!}`;
  return value;
}

/** The user of basic authentication (RFC 7617), whose password stays out of the log. */
function userOf(exchange: Exchange): string | undefined {
  const authorization = headerValue(exchange.rawHeaders, "authorization");
  if (authorization === undefined) return undefined;
  const encoded = /^basic +(\S+)/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, "base64").toString("utf8");
  const colon = credentials.indexOf(":");
  return colon > 0 ? credentials.slice(0, colon) : undefined;
}
