import { expect, test } from "vitest";
import { totalMemory } from "../../../src/config/memory.ts";
import { memory } from "../../../src/config/validators.ts";

const type = memory(() => 1000 * 2 ** 20);

test.each<[string | number, number]>([
  [512, 512],
  ["512", 512],
  ["20%", 200],
  [" 12.5 % ", 125],
  ["100%", 1000],
  [0, 0],
])("%j of 1000 MiB is %d MiB", (given, mib) => {
  expect(type.fromValue(given)).toBe(mib);
});

test.each([-1, 1.5, "x", "101%", "-5%", null])("%j is refused", (given) => {
  expect(() => type.fromValue(given)).toThrow("MiB");
});

test("there is some memory, and less than a number without meaning", () => {
  expect(totalMemory()).toBeGreaterThan(2 ** 27);
  expect(totalMemory()).toBeLessThan(2 ** 50);
});
