/** Headers: what is refused. */

import { expect } from "vitest";
import { overSubjects, show } from "./subjects.ts";

overSubjects("Headers, errors", ({ Headers }, check) => {
  const badNames = ["", " ", "invalidĀ", "a b", "a:", "a\n", "\n", "a,b", "(a)", "ä", "\u{1f600}", "a\0", "\x7f"];
  const badValues = ["invalidĀ", "a\0b", "a\nb", "a\rb", "\0", "\u{1f600}", "\ud800"];
  const goodNames = ["!#$%&'*+-.^_`|~09AZaz", "__proto__", "constructor", "toString", "1"];
  for (const name of badNames) {
    check(`the name ${show(name)} is refused everywhere`, () => {
      const headers = new Headers();
      expect(() => new Headers([[name, "x"]])).toThrow(TypeError);
      expect(() => new Headers({ [name]: "x" })).toThrow(TypeError);
      for (const method of ["get", "has", "delete"] as const) expect(() => headers[method](name)).toThrow(TypeError);
      for (const method of ["append", "set"] as const) expect(() => headers[method](name, "x")).toThrow(TypeError);
    });
  }
  for (const value of badValues) {
    check(`the value ${show(value)} is refused everywhere`, () => {
      const headers = new Headers();
      expect(() => new Headers([["name", value]])).toThrow(TypeError);
      expect(() => new Headers({ name: value })).toThrow(TypeError);
      for (const method of ["append", "set"] as const) expect(() => headers[method]("name", value)).toThrow(TypeError);
    });
  }
  for (const name of goodNames) {
    check(`the name ${show(name)} is taken`, () => {
      const headers = new Headers([[name, "x"]]);
      expect(headers.get(name)).toBe("x");
      expect([...headers.keys()]).toEqual([name.toLowerCase()]);
    });
  }
  for (const pairs of [[["a"]], [["a", "b", "c"]], [[]], [["a", "b"], ["c"]]]) {
    check(`the pairs ${JSON.stringify(pairs)} are refused`, () =>
      expect(() => new Headers(pairs as never)).toThrow(TypeError),
    );
  }
  for (const pairs of [["ab"], [1], [null], [undefined], [{ 0: "a", 1: "b", length: 2 }]]) {
    check(`[${show(pairs[0])}] holds no pair`, () => expect(() => new Headers(pairs as never)).toThrow(TypeError));
  }
  check("a symbol as a value is refused", () =>
    expect(() => new Headers({ a: Symbol("s") } as never)).toThrow(TypeError),
  );
  const few: [string, unknown[]][] = [
    ["get", []],
    ["has", []],
    ["delete", []],
    ["append", ["a"]],
    ["append", []],
    ["set", ["a"]],
    ["forEach", []],
  ];
  for (const [method, args] of few) {
    check(`${method}() with ${args.length} arguments is refused`, () => {
      const headers = new Headers() as unknown as Record<string, (...given: unknown[]) => unknown>;
      expect(() => headers[method]!(...args)).toThrow(TypeError);
    });
  }
  for (const callback of [undefined, null, 1, "f", {}]) {
    check(`forEach(${show(callback)}) is refused`, () =>
      expect(() => new Headers().forEach(callback as never)).toThrow(TypeError),
    );
  }
  check("forEach() lets an error through and stops", () => {
    const headers = new Headers({ a: "1", b: "2" });
    let calls = 0;
    expect(() =>
      headers.forEach(() => {
        calls++;
        throw new RangeError("mine");
      }),
    ).toThrow(RangeError);
    expect(calls).toBe(1);
  });
  check("an error while filling leaves no half", () => {
    const headers = new Headers({ a: "1" });
    expect(() => headers.append("b", "\n\0\n")).toThrow(TypeError);
    expect([...headers]).toEqual([["a", "1"]]);
  });
});
