/** The light Headers: the standard's semantics over a flat list of names and values, as the wire has them. */

import { inspect, type InspectOptions } from "node:util";
import type { HeaderList } from "../../../http/exchange.ts";
import { sameName } from "../../../http/headers.ts";
import { fieldName, fieldValue } from "./field-syntax.ts";
import { listHas, listOfPairs, listOfRecord, sortAndCombine, valueOf } from "./header-list.ts";
import { dressAs, isInstance } from "./node-classes.ts";

/** Whatever `new Headers(init)` takes: a record, pairs, or another Headers. */
export type HeadersInput = ConstructorParameters<typeof globalThis.Headers>[0];

// Assigned in the class: private fields can be reached only from there.

/** A Headers over a list that somebody keeps. Not `owned`: the list is copied before the first change. */
export let wrapList: (list: HeaderList, owned: boolean, immutable: boolean) => LightHeaders;

/** The list inside a light Headers (not a copy), or null if it is no light one. */
let listOf: (headers: object) => HeaderList | null;

export class LightHeaders {
  /** The header list. Repeated names stay apart, so that nothing is combined before somebody asks. */
  #list: HeaderList;
  /** False while `#list` belongs to somebody else (an exchange) and has to be copied before a change. */
  #owned = true;
  #immutable = false;
  /** Sorted, combined and lower-cased, or null after a change. */
  #pairs: [string, string][] | null = null;

  constructor(init?: HeadersInput) {
    this.#list = init === undefined ? [] : listOfHeaders(init, "Headers constructor", "always");
  }

  static {
    wrapList = (list, owned, immutable) => {
      const headers = new LightHeaders();
      headers.#list = list;
      headers.#owned = owned;
      headers.#immutable = immutable;
      return headers;
    };
    listOf = (headers) => (#list in headers ? (headers as LightHeaders).#list : null);
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, LightHeaders, "Headers", value);
  }

  append(name: string, value: string): void {
    needArguments(arguments.length, 2, "append");
    name = fieldName(name);
    value = fieldValue(value);
    this.#change().push(name, value);
  }

  delete(name: string): void {
    needArguments(arguments.length, 1, "delete");
    const lower = fieldName(name).toLowerCase();
    const list = this.#change();
    for (let i = list.length - 2; i >= 0; i -= 2) {
      if (sameName(list[i]!, lower)) list.splice(i, 2);
    }
  }

  get(name: string): string | null {
    needArguments(arguments.length, 1, "get");
    return valueOf(this.#list, fieldName(name).toLowerCase());
  }

  has(name: string): boolean {
    needArguments(arguments.length, 1, "has");
    return listHas(this.#list, fieldName(name).toLowerCase());
  }

  set(name: string, value: string): void {
    needArguments(arguments.length, 2, "set");
    name = fieldName(name);
    value = fieldValue(value);
    const lower = name.toLowerCase();
    const list = this.#change();
    let first = -1;
    for (let i = list.length - 2; i >= 0; i -= 2) {
      if (!sameName(list[i]!, lower)) continue;
      if (first >= 0) list.splice(first, 2);
      first = i;
    }
    if (first < 0) {
      list.push(name, value);
    } else {
      list[first] = name;
      list[first + 1] = value;
    }
  }

  getSetCookie(): string[] {
    const list = this.#list;
    const cookies: string[] = [];
    for (let i = 0; i < list.length; i += 2) {
      if (sameName(list[i]!, "set-cookie")) cookies.push(list[i + 1]!);
    }
    return cookies;
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void {
    needArguments(arguments.length, 1, "forEach");
    if (typeof callback !== "function") throw new TypeError("Headers.forEach: the callback is not a function");
    for (const [name, value] of this) callback.call(thisArgument, value, name, this as unknown as Headers);
  }

  keys(): PairIterator<string> {
    return this.#iterate((pair) => pair[0]);
  }

  values(): PairIterator<string> {
    return this.#iterate((pair) => pair[1]);
  }

  entries(): PairIterator<[string, string]> {
    return this.#iterate((pair) => [pair[0], pair[1]]);
  }

  declare [Symbol.iterator]: () => PairIterator<[string, string]>;

  [inspect.custom](depth: number, options: InspectOptions): string {
    const shown = Object.fromEntries(this.#sorted());
    return `Headers ${inspect(shown, { ...options, depth })}`;
  }

  #change(): HeaderList {
    if (this.#immutable) throw new TypeError("Headers are immutable");
    this.#pairs = null;
    if (!this.#owned) {
      this.#list = [...this.#list];
      this.#owned = true;
    }
    return this.#list;
  }

  #sorted(): [string, string][] {
    return (this.#pairs ??= sortAndCombine(this.#list));
  }

  #iterate<T>(pick: (pair: [string, string]) => T): PairIterator<T> {
    return new PairIterator(() => this.#sorted(), pick);
  }
}

/**
 * A new, checked header list from whatever a Headers constructor takes.
 * @throws {TypeError} for anything else, and for names and values that are not valid.
 */
export function listOfHeaders(
  init: unknown,
  where: string,
  searchForSymbols: "always" | "if new" = "if new",
): HeaderList {
  if (init === null || (typeof init !== "object" && typeof init !== "function")) {
    throw new TypeError(`${where}: headers must be a record, a sequence of pairs, or Headers`);
  }
  const iterate = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (iterate === undefined || iterate === null) return listOfRecord(init as Record<string, unknown>, searchForSymbols);
  if (iterate === LightHeaders.prototype[Symbol.iterator]) {
    const list = listOf(init);
    if (list) return [...list];
  }
  return listOfPairs(init as Iterable<unknown>, where);
}

// --- internal ---

/** https://webidl.spec.whatwg.org/#es-iterator-prototype-object */
class PairIterator<T> {
  /** Asked anew at every step: the standard lets headers change while they are iterated. */
  #pairs: () => [string, string][];
  #pick: (pair: [string, string]) => T;
  #index = 0;

  constructor(pairs: () => [string, string][], pick: (pair: [string, string]) => T) {
    this.#pairs = pairs;
    this.#pick = pick;
  }

  next(): IteratorResult<T, undefined> {
    const pair = this.#pairs()[this.#index];
    if (pair === undefined) return { value: undefined, done: true };
    this.#index++;
    return { value: this.#pick(pair), done: false };
  }

  declare [Symbol.iterator]: () => this;

  static {
    const arrayIterator = Object.getPrototypeOf([][Symbol.iterator]()) as object;
    Object.setPrototypeOf(PairIterator.prototype, Object.getPrototypeOf(arrayIterator) as object);
    Object.defineProperty(PairIterator.prototype, Symbol.toStringTag, {
      value: "Headers Iterator",
      configurable: true,
    });
    Object.defineProperty(PairIterator.prototype, "next", { enumerable: true });
    Reflect.deleteProperty(PairIterator.prototype, "constructor");
  }
}

function needArguments(given: number, needed: number, method: string): void {
  if (given < needed)
    throw new TypeError(
      `Headers.${method}: ${needed} argument${needed > 1 ? "s" : ""} required, but only ${given} present`,
    );
}

Object.defineProperty(LightHeaders.prototype, Symbol.iterator, {
  value: LightHeaders.prototype.entries,
  writable: true,
  configurable: true,
});
dressAs(LightHeaders, "Headers");
