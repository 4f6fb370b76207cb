/** Who serves which lane, while workers come and go. */

import { expect, it } from "vitest";
import type { MasterContext } from "../../../src/master/extension.ts";
import { assignHomes, Lanes } from "../../../src/master/lanes.ts";

it("gives each worker a lane of its own as long as there are enough", () => {
  expect([...assignHomes(["a", "b", "c"], new Map(), 3).values()]).toEqual([0, 1, 2]);
  expect([...assignHomes(["a", "b", "c", "d", "e"], new Map(), 2).values()]).toEqual([0, 1, 0, 1, 0]);
});

it("moves one of two when a lane is left without anybody, and nobody else", () => {
  const before = new Map([
    ["a", 0],
    ["b", 1],
    ["c", 2],
    ["d", 0],
  ]);
  expect(Object.fromEntries(assignHomes(["a", "b", "c", "d"], before, 3))).toEqual({ a: 0, b: 1, c: 2, d: 0 });
  expect(Object.fromEntries(assignHomes(["a", "b", "d"], before, 3))).toEqual({ a: 0, b: 1, d: 2 });
  expect(Object.fromEntries(assignHomes(["b", "c", "d"], before, 3))).toEqual({ b: 1, c: 2, d: 0 });
});

it("tells workers of their own lane and of those that nobody has, and says it once", () => {
  const release = { listeners: { all: [{ lane: null }, { lane: 0 }, { lane: 1 }, { lane: 2 }] } };
  const told: string[] = [];
  const worker = (name: string, more: object = {}) => ({
    end: null,
    phase: "ready",
    release,
    send: (message: { lanes: number[] }) => told.push(`${name} ${message.lanes.join("")}`),
    ...more,
  });
  const [a, b, c] = [worker("a"), worker("b"), worker("c", { phase: "booting" })];
  const lanes = new Lanes({ pool: { workers: [a, b, c] } } as unknown as MasterContext);
  const turn = (): string[] => (lanes.tick(), told.splice(0));
  expect(turn()).toEqual(["a 02", "b 12"]);
  expect(turn()).toEqual([]);
  c.phase = "ready";
  expect(turn()).toEqual(["a 0", "b 1", "c 2"]);
  a.phase = "leaving";
  expect(turn()).toEqual(["b 01", "c 02"]);
  b.phase = "leaving";
  expect(turn()).toEqual(["c 012"]);
});
