import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { settingsReference } from "../../../scripts/settings-reference.ts";

it("docs/settings.md is what the table says: run npm run docs:settings after a change", () => {
  const committed = readFileSync(new URL("../../../docs/settings.md", import.meta.url), "utf8");
  expect(committed).toBe(settingsReference());
});
