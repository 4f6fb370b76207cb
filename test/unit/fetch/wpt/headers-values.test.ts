/** Headers: combination, normalisation, and the shape of the class. */

import { expect } from "vitest";
import { overSubjects, show } from "./subjects.ts";

overSubjects("Headers, combine", ({ Headers }, check) => {
  const repeated = () =>
    new Headers([
      ["single", "singleValue"],
      ["double", "doubleValue1"],
      ["double", "doubleValue2"],
      ["triple", "1"],
      ["triple", "2"],
      ["triple", "3"],
    ]);
  check("get() combines with a comma and a space", () => {
    expect(repeated().get("single")).toBe("singleValue");
    expect(repeated().get("double")).toBe("doubleValue1, doubleValue2");
    expect(repeated().get("triple")).toBe("1, 2, 3");
  });
  check("append() combines too", () => {
    const headers = repeated();
    headers.append("SINGLE", "second");
    expect(headers.get("single")).toBe("singleValue, second");
  });
  check("set() replaces the combined value", () => {
    const headers = repeated();
    headers.set("triple", "new");
    expect(headers.get("triple")).toBe("new");
  });
  check("iteration combines", () => {
    expect([...repeated()]).toEqual([
      ["double", "doubleValue1, doubleValue2"],
      ["single", "singleValue"],
      ["triple", "1, 2, 3"],
    ]);
  });
  check("empty values count", () => {
    const headers = new Headers([
      ["a", ""],
      ["a", "x"],
      ["a", ""],
    ]);
    expect(headers.get("a")).toBe(", x, ");
  });
  check("record keys that differ in case combine", () => {
    expect([...new Headers({ Accept: "a", accept: "b" })]).toEqual([["accept", "a, b"]]);
  });
});

overSubjects("Headers, normalisation", ({ Headers }, check) => {
  const values: [string, string][] = [
    [" space ", "space"],
    ["\ttab\t", "tab"],
    [" spaceAndTab\t", "spaceAndTab"],
    ["\r\n newLine", "newLine"],
    ["newLine\r\n ", "newLine"],
    ["\r\n\tnewLine", "newLine"],
    ["\t\f\tnewLine\n", "\f\tnewLine"],
    ["newLine\xa0", "newLine\xa0"],
    ["", ""],
    [" ", ""],
    ["\n", ""],
    ["a  b", "a  b"],
    ["\x0bvt", "\x0bvt"],
    ["\xff", "\xff"],
  ];
  for (const [given, expected] of values) {
    check(`${show(given)} becomes ${show(expected)}`, () => {
      expect(new Headers({ name: given }).get("name")).toBe(expected);
      expect(new Headers([["name", given]]).get("name")).toBe(expected);
      const headers = new Headers();
      headers.append("name1", given);
      headers.set("name2", given);
      expect([headers.get("name1"), headers.get("name2")]).toEqual([expected, expected]);
    });
  }
  for (let code = 1; code <= 0x20; code++) {
    const char = String.fromCharCode(code);
    const white = "\t\n\r ".includes(char);
    const refused = "\n\r".includes(char);
    check(`U+${code.toString(16).padStart(4, "0")} at the ends and inside`, () => {
      expect(new Headers({ a: `${char}x${char}` }).get("a")).toBe(white ? "x" : `${char}x${char}`);
      if (refused) expect(() => new Headers({ a: `x${char}x` })).toThrow(TypeError);
      else expect(new Headers({ a: `x${char}x` }).get("a")).toBe(`x${char}x`);
    });
  }
});

overSubjects("Headers, structure", ({ Headers }, check) => {
  check("the string tag", () => expect(Object.prototype.toString.call(new Headers())).toBe("[object Headers]"));
  check("the class is called Headers", () =>
    expect([Headers.name, new Headers().constructor.name]).toEqual(["Headers", "Headers"]),
  );
  for (const method of [
    "append",
    "delete",
    "get",
    "has",
    "set",
    "getSetCookie",
    "forEach",
    "keys",
    "values",
    "entries",
  ]) {
    check(`${method} is a method, enumerable on the prototype`, () => {
      const descriptor = Object.getOwnPropertyDescriptor(Headers.prototype, method)!;
      expect(typeof descriptor.value).toBe("function");
      expect([descriptor.enumerable, descriptor.writable, descriptor.configurable]).toEqual([true, true, true]);
    });
    check(`${method} refuses another this`, () => {
      expect(() => ((Headers.prototype as never)[method] as (...a: unknown[]) => unknown).call({}, "a", "b")).toThrow(
        TypeError,
      );
    });
  }
  check("no own properties show", () => expect(Object.keys(new Headers({ a: "1" }))).toEqual([]));
  check("can be subclassed", () => {
    class Mine extends Headers {
      override get(name: string): string {
        return `mine ${super.get(name)}`;
      }
    }
    const mine = new Mine({ a: "1" });
    expect([mine.get("a"), mine instanceof Mine, mine instanceof Headers]).toEqual(["mine 1", true, true]);
    expect(new Headers() instanceof Mine).toBe(false);
  });
});
