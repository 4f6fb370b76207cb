/** The atoms of the access log: what `%(name)s` shows. */

import { apacheTime, SecondText } from "../../base/clock.ts";
import { cgiVariable } from "../cgi.ts";
import type { Exchange, HeaderList } from "../exchange.ts";
import { headerValue, sameName } from "../headers.ts";
import { targetPath, targetQuery } from "../target.ts";
import { escapeLogValue } from "./escape.ts";

/** Text of an atom, already escaped. */
export type Atom = (exchange: Exchange, milliseconds: number) => string;

/** The atom of a name; unknown names give "-". */
export function atomFor(name: string): Atom {
  if (name === "t") return timeAtom();
  const plain = ATOMS[name];
  if (plain !== undefined) return plain;
  const braces = /^\{(.+)\}([ioe])$/i.exec(name);
  if (braces === null) return missing;
  const inner = braces[1]!;
  switch (braces[2]!.toLowerCase()) {
    case "i":
      return headerAtom(inner, (exchange) => exchange.rawHeaders);
    case "o":
      return headerAtom(inner, (exchange) => exchange.responseHeaders);
    default: {
      const variable = inner.toUpperCase();
      return (exchange) => shown(cgiVariable(exchange, variable));
    }
  }
}

// --- internal ---

const missing: Atom = () => "-";

/** A null prototype, so that "constructor" is as unknown as any other name. */
const ATOMS: Readonly<Record<string, Atom | undefined>> = Object.assign(Object.create(null), {
  h: (exchange) => exchange.peer.remoteAddress || "-",
  l: missing,
  u: (exchange) => shown(userOf(exchange)),
  r: (exchange) => `${escapeLogValue(exchange.method)} ${escapeLogValue(exchange.target)} HTTP/1.${exchange.httpMinor}`,
  m: (exchange) => escapeLogValue(exchange.method),
  U: (exchange) => escapeLogValue(targetPath(exchange.target)),
  q: (exchange) => escapeLogValue(targetQuery(exchange.target)),
  H: (exchange) => `HTTP/1.${exchange.httpMinor}`,
  // 0 is an exchange that was over before anything was answered.
  s: (exchange) => (exchange.status === 0 ? "-" : String(exchange.status)),
  B: (exchange) => String(exchange.bytesSent),
  b: (exchange) => (exchange.bytesSent === 0 ? "-" : String(exchange.bytesSent)),
  f: headerAtom("referer", (exchange) => exchange.rawHeaders),
  a: headerAtom("user-agent", (exchange) => exchange.rawHeaders),
  T: (_, milliseconds) => String(Math.trunc(milliseconds / 1000)),
  M: (_, milliseconds) => String(Math.trunc(milliseconds)),
  D: (_, milliseconds) => String(Math.trunc(milliseconds * 1000)),
  L: (_, milliseconds) => (milliseconds / 1000).toFixed(6),
  p: () => `<${process.pid}>`,
} satisfies Record<string, Atom>);

function timeAtom(): Atom {
  const time = new SecondText(apacheTime);
  return () => time.at(Date.now());
}

function headerAtom(name: string, list: (exchange: Exchange) => HeaderList): Atom {
  const wanted = name.toLowerCase();
  return (exchange) => {
    const headers = list(exchange);
    for (let i = 0; i < headers.length; i += 2) {
      if (sameName(headers[i]!, wanted)) return escapeLogValue(allValues(headers, i, wanted));
    }
    return "-";
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

function shown(value: string | undefined): string {
  return value === undefined ? "-" : escapeLogValue(value);
}
