/** How often a client may do what costs us more than it. */

import { expect, test } from "vitest";
import { Allowance } from "../../../src/engines/h2/allowance.ts";

test("gives so many at once, and then what time brings", () => {
  const allowance = new Allowance({ atOnce: 3, perSecond: 2 }, 0);
  const takes = (now: number, times: number): boolean[] => Array.from({ length: times }, () => allowance.take(now));
  expect(takes(0, 4)).toEqual([true, true, true, false]);
  expect(takes(499, 1)).toEqual([false]);
  expect(takes(1000, 3)).toEqual([true, true, false]);
  expect(takes(1_000_000, 4)).toEqual([true, true, true, false]);
});
