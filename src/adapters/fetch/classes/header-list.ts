/** Header lists, flat as the wire has them, and the standard's operations on them. */

import type { HeaderList } from "../../../http/exchange.ts";
import { sameName } from "../../../http/headers.ts";
import { fieldName, fieldValue } from "./field-syntax.ts";

/** The value of a header list's field, combined as the standard says, or null. `lower` is in lower case. */
export function valueOf(list: HeaderList, lower: string): string | null {
  let value: string | null = null;
  for (let i = 0; i < list.length; i += 2) {
    if (!sameName(list[i]!, lower)) continue;
    // undici combines Cookie as RFC 6265 wants it
    value = value === null ? list[i + 1]! : value + (lower === "cookie" ? "; " : ", ") + list[i + 1]!;
  }
  return value;
}

export function listHas(list: HeaderList, lower: string): boolean {
  for (let i = 0; i < list.length; i += 2) {
    if (sameName(list[i]!, lower)) return true;
  }
  return false;
}

/** The same for the field that is asked for with every text; spelled as it mostly is, no letter is looked at. */
export function listHasContentType(list: HeaderList): boolean {
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === "Content-Type" || sameName(list[i]!, "content-type")) return true;
  }
  return false;
}

/**
 * Symbols are no names. To look for them costs more than all the rest, so `"if new"` does so only for a record that has anything to remember:
 * the mistake shows the first time that it is made.
 * @throws {TypeError} for names and values that are not valid.
 */
export function listOfRecord(record: Record<string, unknown>, searchForSymbols: "always" | "if new"): HeaderList {
  const keys = Object.keys(record);
  const list: HeaderList = [];
  let isNew = searchForSymbols === "always" || keys.length === 0;
  for (let i = 0; i < keys.length; i++) {
    const name = keys[i]!;
    const value = record[name];
    if (typeof value === "string" && known.get(name) === value) {
      // A list that grows has room for eight fields: one of its own size is less garbage.
      if (keys.length === 1 && !isNew) return [name, value];
      list.push(name, value);
    } else {
      list.push(fieldName(name), fieldValue(value));
      isNew = true;
    }
  }
  if (!isNew) return list;
  if (Object.getOwnPropertySymbols(record).length > 0)
    throw new TypeError("A header name must be a string, not a symbol");
  remember(list);
  return list;
}

/** @throws {TypeError} for what is no pair, and for names and values that are not valid. */
export function listOfPairs(pairs: Iterable<unknown>, where: string): HeaderList {
  const list: HeaderList = [];
  for (const pair of pairs) {
    if (typeof pair !== "object" || pair === null || !(Symbol.iterator in pair)) {
      throw new TypeError(`${where}: each header must be a pair of a name and a value`);
    }
    const items = [...(pair as Iterable<unknown>)];
    if (items.length !== 2) {
      throw new TypeError(`${where}: a header must have two items, a name and a value; this one has ${items.length}`);
    }
    list.push(fieldName(items[0]), fieldValue(items[1]));
  }
  return list;
}

/** https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine */
export function sortAndCombine(list: HeaderList): [string, string][] {
  const values = new Map<string, string>();
  const cookies: [string, string][] = [];
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!.toLowerCase();
    const value = list[i + 1]!;
    if (name === "set-cookie") {
      cookies.push([name, value]);
    } else {
      const before = values.get(name);
      values.set(name, before === undefined ? value : before + (name === "cookie" ? "; " : ", ") + value);
    }
  }
  // sort() is stable, so cookies keep their order
  return [...values, ...cookies].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
}

// --- internal ---

/** Valid names, each with the valid value that it had last: applications mostly give the same few. Bounded, since they may make names up. */
const known = new Map<string, string>();
const MOST_KNOWN = 256;
const LONGEST_KNOWN = 256;

function remember(list: HeaderList): void {
  for (let i = 0; i < list.length; i += 2) {
    const [name, value] = [list[i]!, list[i + 1]!];
    if (value.length <= LONGEST_KNOWN && (known.size < MOST_KNOWN || known.has(name))) known.set(name, value);
  }
}
