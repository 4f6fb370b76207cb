/** Changing the environment, and taking changes back. */

import { expect, it } from "vitest";
import { ProcessVariables } from "../../../src/config/environment.ts";

it("exports variables, and takes them back when others are exported", () => {
  const env: Record<string, string | undefined> = { KEPT: "1", CHANGED: "before" };
  const variables = new ProcessVariables(env);
  variables.export(["CHANGED=during", "NEW=a=b", "NEW=last"]);
  expect(env).toEqual({ KEPT: "1", CHANGED: "during", NEW: "last" });
  variables.export(["OTHER="]);
  expect(env).toEqual({ KEPT: "1", CHANGED: "before", OTHER: "" });
  variables.export([]);
  expect(env).toEqual({ KEPT: "1", CHANGED: "before" });
});

it("says what the environment would be with other variables, and changes nothing", () => {
  const env: Record<string, string | undefined> = { CHANGED: "before" };
  const variables = new ProcessVariables(env);
  variables.export(["CHANGED=during", "OLD=1"]);
  env["SET_BY_A_HOOK"] = "1";
  expect(variables.with(["NEW=1"])).toEqual({ CHANGED: "before", SET_BY_A_HOOK: "1", NEW: "1" });
  expect(env).toEqual({ CHANGED: "during", OLD: "1", SET_BY_A_HOOK: "1" });
});

it("takes variables out, and keeps a picture of before", () => {
  const env: Record<string, string | undefined> = { A: "1", B: "2" };
  const variables = new ProcessVariables(env);
  const before = variables.snapshot();
  variables.remove(["A", "NEVER_THERE"]);
  expect(env).toEqual({ B: "2" });
  expect(before).toEqual({ A: "1", B: "2" });
});
