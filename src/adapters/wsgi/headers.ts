/** Header fields between the application's pairs and the flat list of an exchange. */

import { JunicornError } from "../../base/errors.ts";
import type { HeaderList } from "../../http/exchange.ts";
import { isFieldValue, isToken } from "../../http/headers.ts";
import type { WsgiHeaders } from "./types.ts";

/**
 * Checks and flattens what an application gave: an iterable of pairs (an array, a `Headers`, a Map) or a plain object.
 * Throws `ERR_WSGI` for another shape and `ERR_RESPONSE_HEADER` for what must not go on the wire.
 */
export function headerList(given: WsgiHeaders): HeaderList {
  const list: HeaderList = [];
  if (Array.isArray(given)) {
    // By index: the usual case, and faster than the iterator.
    for (let i = 0; i < given.length; i++) addPair(list, given[i]);
  } else if (isIterable(given)) {
    for (const pair of given) addPair(list, pair);
  } else if (typeof given === "object" && given !== null) {
    for (const [name, value] of Object.entries(given)) {
      if (Array.isArray(value)) for (const one of value) addField(list, name, one);
      else addField(list, name, value);
    }
  } else {
    throw new JunicornError("ERR_WSGI", {
      problem: `the headers are ${kindOf(given)}; they must be an array of [name, value] pairs`,
    });
  }
  return list;
}

export function pairsOf(list: HeaderList): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < list.length; i += 2) pairs.push([list[i]!, list[i + 1]!]);
  return pairs;
}

/** "a string", "an object": for messages. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = (value as object).constructor?.name;
  return name === undefined || name === "Object" ? "an object" : `a ${name}`;
}

// --- internal ---

/**
 * Fields of the connection, which is the server's (PEP 3333 "Other HTTP Features"), and Server and Date, which are its too.
 * They are dropped as Gunicorn drops them, for frameworks set some of them out of habit.
 */
const SERVERS_OWN: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "transfer-encoding",
  "upgrade",
  "server",
  "date",
]);

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function addPair(list: HeaderList, pair: unknown): void {
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw new JunicornError("ERR_WSGI", { problem: "the headers must be an array of [name, value] pairs" });
  }
  addField(list, pair[0], pair[1]);
}

function addField(list: HeaderList, name: unknown, value: unknown): void {
  if (typeof name !== "string" || !isToken(name)) {
    throw new JunicornError("ERR_RESPONSE_HEADER", {
      name: JSON.stringify(name) ?? kindOf(name),
      problem: "the name is not a token",
    });
  }
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string") {
    throw new JunicornError("ERR_RESPONSE_HEADER", { name, problem: `the value is ${kindOf(value)}, not a string` });
  }
  if (!isFieldValue(text)) {
    throw new JunicornError("ERR_RESPONSE_HEADER", { name, problem: "the value has a forbidden character" });
  }
  if (!SERVERS_OWN.has(name.toLowerCase())) list.push(name, text);
}
