/** A short run of the fuzzer; `npm run fuzz` is the long one. */

import { expect, it } from "vitest";
import { fuzz } from "./fuzz/fuzz.ts";

it("sees no difference between inputs whole, byte by byte, and cut at random points", () => {
  const { rules } = fuzz({ seed: 1, from: 0, inputs: 20_000 });
  // The run is worth something only if it gets past the first line, and to most of the rules.
  expect(rules.get("none")).toBeGreaterThan(1000);
  expect(rules.size).toBeGreaterThan(25);
});
