import { describe, expect, it } from "vitest";
import { parseSpec } from "../../../src/app/spec.ts";

describe("MODULE[:EXPORT]", () => {
  it.each([
    ["server.js", "server.js", null, null],
    ["./a/b", "./a/b", null, null],
    ["@scope/pkg", "@scope/pkg", null, null],
    ["app.js:create", "app.js", "create", null],
    ["app.js:$app_1", "app.js", "$app_1", null],
    ["a:b.js:app", "a:b.js", "app", null],
    ["app:make()", "app", "make", []],
    ["app:make('x', \"y\")", "app", "make", ["x", "y"]],
    ["app:make(1, -2.5, .5, 0x1f, 1e3, +4)", "app", "make", [1, -2.5, 0.5, 31, 1000, 4]],
    ["app:make(true, false, null, undefined)", "app", "make", [true, false, null, undefined]],
    ["app:make([1, ['a']], {a: 1, 'b c': {}},)", "app", "make", [[1, ["a"]], { a: 1, "b c": {} }]],
    ["app:make('it\\'s \\u0041\\n:(')", "app", "make", ["it's A\n:("]],
  ])("%s", (text, module, exportName, factoryArguments) => {
    expect(parseSpec(text)).toEqual({ text, module, exportName, factoryArguments });
  });

  it.each([
    "app:make(process.env)",
    "app:make(1 2)",
    "app:make('open)",
    "app:make([1)",
    "app:make(`a`)",
    "app:make({a})",
    "app:make(-x)",
  ])("refuses what is no literal: %s", (text) => expect(() => parseSpec(text)).toThrow(/only literals can be given/));

  it.each(["app:", "app:a b", "app:make(", "app:7"])("refuses what is no name: %s", (text) => {
    expect(() => parseSpec(text)).toThrow(expect.objectContaining({ code: "ERR_APP_LOAD" }));
  });
});
