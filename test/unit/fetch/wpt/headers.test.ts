/** Headers: construction and the methods. */

import { expect } from "vitest";
import { overSubjects, show } from "./subjects.ts";

overSubjects("Headers, basic", ({ Headers }, check) => {
  check("from nothing", () => expect([...new Headers()]).toEqual([]));
  check("from undefined", () => expect([...new Headers(undefined)]).toEqual([]));
  check("from an empty record", () => expect([...new Headers({})]).toEqual([]));
  for (const bad of [null, 1, true, "a: b", Symbol("s"), 1n]) {
    check(`not from ${show(bad)}`, () => expect(() => new Headers(bad as never)).toThrow(TypeError));
  }
  check("needs new", () => expect(() => (Headers as unknown as () => void)()).toThrow(TypeError));

  const record = {
    name1: "value1",
    name2: "value2",
    name3: "value3",
    name4: null,
    name5: undefined,
    name6: 1,
    "Content-Type": "value4",
  };
  const sources: [string, () => unknown][] = [
    ["a record", () => record],
    ["pairs", () => Object.entries(record)],
    ["Headers", () => new Headers(record as never)],
    ["a Map", () => new Map(Object.entries(record))],
    [
      "a generator",
      () =>
        (function* () {
          yield* Object.entries(record);
        })(),
    ],
    ["pairs that are Sets", () => Object.entries(record).map(([name, value]) => new Set([name, value]))],
  ];
  for (const [what, make] of sources) {
    check(`from ${what}`, () => {
      const headers = new Headers(make() as never);
      for (const [name, value] of Object.entries(record)) {
        expect(headers.get(name)).toBe(String(value));
        expect(headers.has(name.toUpperCase())).toBe(true);
      }
      expect([...headers.keys()]).toEqual(["content-type", "name1", "name2", "name3", "name4", "name5", "name6"]);
    });
  }
  check("a copy is independent", () => {
    const first = new Headers({ a: "1" });
    const second = new Headers(first);
    second.set("a", "2");
    first.append("b", "3");
    expect([...first]).toEqual([
      ["a", "1"],
      ["b", "3"],
    ]);
    expect([...second]).toEqual([["a", "2"]]);
  });
  check("Headers whose iterator was replaced are read through it", () => {
    const headers = new Headers({ a: "1" });
    headers[Symbol.iterator] = function* () {
      yield ["b", "2"];
    } as never;
    expect([
      ...new Headers(new Proxy(headers, { get: (target, key) => Reflect.get(target, key) as unknown }) as never),
    ]).toEqual([["b", "2"]]);
  });
  check("an inherited property of a record is no header", () => {
    const given = Object.assign(Object.create({ inherited: "1" }) as object, { own: "2" });
    expect([...new Headers(given)]).toEqual([["own", "2"]]);
  });
  check(
    "a property that is not enumerable is no header",
    () => {
      const given = Object.defineProperty({ own: "2" }, "hidden", { value: "1", enumerable: false });
      expect([...new Headers(given)]).toEqual([["own", "2"]]);
    },
    { nodeDeviates: "it takes all own properties" },
  );
  check("a symbol as a record's key is refused", () => {
    expect(() => new Headers({ a: "1", [Symbol("s")]: "2" } as never)).toThrow(TypeError);
  });
  check("append() adds", () => {
    const headers = new Headers();
    for (const [name, value] of Object.entries(record)) {
      headers.append(name, value as never);
      expect(headers.get(name)).toBe(String(value));
    }
  });
  check("set() adds and replaces", () => {
    const headers = new Headers();
    headers.set("Key", "1");
    expect(headers.get("key")).toBe("1");
    headers.set("kEY", "2");
    expect([...headers]).toEqual([["key", "2"]]);
  });
  check("set() replaces all of a name at the place of the first", () => {
    const headers = new Headers([
      ["a", "1"],
      ["b", "2"],
      ["A", "3"],
      ["a", "4"],
    ]);
    headers.set("a", "5");
    expect([...headers]).toEqual([
      ["a", "5"],
      ["b", "2"],
    ]);
  });
  check("has() and delete()", () => {
    const headers = new Headers(record as never);
    for (const name of Object.keys(record)) {
      expect(headers.has(name)).toBe(true);
      headers.delete(name.toUpperCase());
      expect(headers.has(name)).toBe(false);
      expect(headers.get(name)).toBeNull();
    }
  });
  check("delete() removes every value of a name", () => {
    const headers = new Headers([
      ["a", "1"],
      ["b", "2"],
      ["A", "3"],
    ]);
    headers.delete("A");
    expect([...headers]).toEqual([["b", "2"]]);
    headers.delete("never-there");
    expect([...headers]).toEqual([["b", "2"]]);
  });
  check("the methods give undefined", () => {
    const headers = new Headers();
    expect(headers.append("a", "1")).toBeUndefined();
    expect(headers.set("a", "1")).toBeUndefined();
    expect(headers.delete("a")).toBeUndefined();
  });
  for (const method of ["keys", "values", "entries"] as const) {
    check(`${method}() in sorted order, lower case`, () => {
      const headers = new Headers({ "content-type": "1", Accept: "2", "X-b": "3", "x-A": "4" });
      const sorted: [string, string][] = [
        ["accept", "2"],
        ["content-type", "1"],
        ["x-a", "4"],
        ["x-b", "3"],
      ];
      const expected =
        method === "entries" ? sorted : sorted.map(([name, value]) => (method === "keys" ? name : value));
      const iterator = headers[method]();
      for (const item of expected) expect(iterator.next()).toEqual({ value: item, done: false });
      expect(iterator.next()).toEqual({ value: undefined, done: true });
      expect(iterator.next()).toEqual({ value: undefined, done: true });
    });
  }
  check("forEach() in sorted order, with the Headers and a this", () => {
    const headers = new Headers({ "content-type": "1", Accept: "2" });
    const calls: unknown[] = [];
    const self = {};
    headers.forEach(function (this: unknown, ...given) {
      calls.push([this === self, ...given]);
    }, self);
    expect(calls).toEqual([
      [true, "2", "accept", headers],
      [true, "1", "content-type", headers],
    ]);
    expect(headers.forEach(() => 1)).toBeUndefined();
  });
  check("iterates like the standard's iterators", () => {
    const iterator = new Headers({ a: "1" }).entries();
    expect(iterator[Symbol.iterator]()).toBe(iterator);
    expect(Object.prototype.toString.call(iterator)).toBe("[object Headers Iterator]");
    const prototype = Object.getPrototypeOf(iterator) as object;
    expect(Object.getPrototypeOf(prototype)).toBe(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
    expect(Headers.prototype[Symbol.iterator]).toBe(Headers.prototype.entries);
  });
  check("iteration sees what changes meanwhile", () => {
    const headers = new Headers([
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]);
    const seen: string[] = [];
    for (const [name] of headers) {
      seen.push(name);
      headers.delete("b");
      if (seen.length === 1) headers.append("d", "4");
    }
    expect(seen).toEqual(["a", "c", "d"]);
  });
});
