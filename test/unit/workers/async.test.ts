import { expect, test } from "vitest";
import { createAsync } from "../../../src/workers/async.ts";
import { FakeSurroundings } from "./fakes.ts";

function setUp(maxConnections: number) {
  const world = new FakeSurroundings(maxConnections);
  const async = createAsync(world.host, world.makeEngine);
  async.start();
  return { world, async };
}

test("it serves many at once, and stops accepting at the cap until a connection closes", async () => {
  const { world } = setUp(2);
  world.backlog = [1, 2, 3];
  world.poll();
  world.request(1);
  world.poll();
  world.request(2);
  expect(world.running).toHaveLength(2);
  expect(world.accepting).toBe(false);
  await world.answer(1);
  expect(world.accepting).toBe(false);
  await world.close(1);
  expect(world.accepting).toBe(true);
  world.poll();
  expect([...world.open]).toEqual([2, 3]);
  expect(world.keepAliveMs).toBe(2000);
});

test("draining it accepts nothing more, even when connections close", async () => {
  const { world, async } = setUp(2);
  world.backlog = [1, 2, 3];
  world.poll();
  world.poll();
  async.drain({ queue: "leave", orphans: [], graceMs: 1000 });
  await world.close(1);
  expect(world.accepting).toBe(false);
  expect(world.draining).toBe(true);
  expect(world.backlog).toEqual([3]);
  expect(async.connections).toBe(1);
});
