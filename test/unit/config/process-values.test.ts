/** What settings about processes take: users, masks, variables. */

import { expect, it } from "vitest";
import { account, fileMask, variables } from "../../../src/config/process-validators.ts";

it("reads a mask from octal text, and from a number as it is", () => {
  const type = fileMask();
  for (const text of ["22", "022", "0o22", "0022"]) expect(type.fromText([text])).toBe(0o22);
  expect(type.fromValue(0o27)).toBe(0o27);
  expect(type.fromValue("0")).toBe(0);
  for (const bad of ["8", "0x12", "", "1000", "-1", "22 22"]) expect(() => type.fromText([bad])).toThrow("octal");
  for (const bad of [512, -1, 1.5, null]) expect(() => type.fromValue(bad)).toThrow("octal");
});

it("reads users by name and by number", () => {
  const type = account("user");
  expect(type.fromText(["www-data"])).toBe("www-data");
  expect(type.fromValue(33)).toBe("33");
  for (const bad of ["", "-u", "a b", "a:b", 1.5, -1, 2 ** 32, null]) expect(() => type.fromValue(bad)).toThrow();
});

it("keeps commas and equals signs in the values of variables", () => {
  const type = variables();
  expect(type.fromText(["A=b,c=d", "E="])).toEqual(["A=b,c=d", "E="]);
  expect(type.fromValue("A=b")).toEqual(["A=b"]);
  for (const bad of ["A", "=b", "", 1, ["A"], { A: "b" }])
    expect(() => type.fromValue(bad)).toThrow("expected NAME=VALUE, such as NODE_ENV=production");
});
