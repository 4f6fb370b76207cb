import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSync, PARK_MS } from "../../../src/workers/sync.ts";
import { FakeSurroundings } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

function setUp(maxConnections?: number) {
  const world = new FakeSurroundings(maxConnections);
  const sync = createSync(world.host, world.makeEngine);
  sync.start();
  return { world, sync };
}

test("it accepts one connection and leaves the next ones in the backlog until it has answered", async () => {
  const { world } = setUp();
  world.backlog = [1, 2, 3];
  world.poll();
  world.poll();
  expect([...world.open]).toEqual([1]);
  world.request(1);
  expect(world.accepting).toBe(false);
  await world.turn();
  expect(world.backlog).toEqual([2, 3]);
  await world.answer(1);
  expect(world.backlog).toEqual([3]);
  world.request(2);
  expect(world.served).toEqual([1, 2]);
  expect(world.keepAliveMs).toBe(0);
});

test("a connection that lingers after its answer does not keep the worker from the next", async () => {
  const { world } = setUp();
  world.backlog = [1, 2];
  world.poll();
  world.request(1);
  await world.answer(1);
  expect([...world.open]).toEqual([1, 2]);
  // The end of the first one must not be taken for the end of the second, whose request is still awaited.
  world.backlog = [3];
  await world.close(1);
  expect([...world.open]).toEqual([2]);
  expect(world.accepting).toBe(false);
});

test("with nothing in the backlog it waits for the poll", async () => {
  const { world } = setUp();
  world.backlog = [1];
  world.poll();
  world.request(1);
  await world.answer(1);
  expect(world.accepting).toBe(true);
});

test("a silent connection is parked and holds the worker no longer", async () => {
  const { world } = setUp();
  world.backlog = [1];
  world.poll();
  await world.turn();
  expect(world.accepting).toBe(false);
  vi.advanceTimersByTime(PARK_MS);
  expect(world.accepting).toBe(true);
  world.backlog = [2];
  world.poll();
  world.request(2);
  expect(world.served).toEqual([2]);
});

test("a parked connection's request waits for the one that runs, and goes before new ones", async () => {
  const { world } = setUp();
  world.backlog = [1];
  world.poll();
  vi.advanceTimersByTime(PARK_MS);
  world.backlog = [2, 3];
  world.poll();
  world.request(2);
  world.request(1);
  expect(world.running).toHaveLength(1);
  await world.answer(2);
  expect(world.served).toEqual([2, 1]);
  expect(world.backlog).toEqual([3]);
  await world.answer(1);
  expect(world.backlog).toEqual([]);
});

test("a request whose client left while it waited is passed over", async () => {
  const { world } = setUp();
  world.backlog = [1, 2, 3];
  world.poll();
  vi.advanceTimersByTime(PARK_MS);
  expect([...world.open]).toEqual([1, 2]);
  world.request(2);
  world.request(1).over = true;
  await world.answer(2);
  expect(world.served).toEqual([2]);
  expect([...world.open]).toContain(3);
});

test("a parked connection that speaks while another's request is awaited is served, and that one waits its turn", async () => {
  const { world } = setUp();
  world.backlog = [1];
  world.poll();
  vi.advanceTimersByTime(PARK_MS);
  world.backlog = [2, 3];
  world.poll();
  world.request(1);
  world.request(2);
  expect(world.running).toHaveLength(1);
  await world.answer(1);
  expect(world.served).toEqual([1, 2]);
  expect(world.backlog).toEqual([3]);
});

test("a client that comes and goes without a word costs no wait when it was alone", async () => {
  const { world } = setUp();
  world.backlog = [1];
  world.poll();
  await world.close(1);
  expect(world.accepting).toBe(true);
});

test("a refused request frees the worker", async () => {
  const { world } = setUp();
  world.backlog = [1];
  world.poll();
  world.events.refused({ peer: "192.0.2.1:1", rule: "x", status: 400, reason: "no" });
  await world.close(1);
  expect(world.accepting).toBe(true);
});

test("parked connections are bounded", async () => {
  const { world } = setUp(2);
  world.backlog = [1, 2, 3];
  world.poll();
  vi.advanceTimersByTime(PARK_MS);
  vi.advanceTimersByTime(PARK_MS);
  expect([...world.open]).toEqual([1, 2]);
  expect(world.accepting).toBe(false);
  await world.close(1);
  expect([...world.open]).toEqual([2, 3]);
});

test("draining it accepts nothing more, and serves what it has, the waiting included", async () => {
  const { world, sync } = setUp();
  world.backlog = [1];
  world.poll();
  vi.advanceTimersByTime(PARK_MS);
  world.backlog = [2, 3];
  world.poll();
  world.request(2);
  world.request(1);
  sync.drain({ queue: "leave", orphans: [], graceMs: 1000 });
  expect(world.draining).toBe(true);
  await world.answer(2);
  await world.answer(1);
  await world.close(1);
  await world.close(2);
  expect(world.served).toEqual([2, 1]);
  expect(world.backlog).toEqual([3]);
  expect(sync.connections).toBe(0);
});

test("an error from nowhere is the running request's", () => {
  const { world, sync } = setUp();
  sync.blame(new Error("nobody's"));
  expect(world.failed).toEqual([]);
  world.backlog = [1];
  world.poll();
  world.request(1);
  const error = new Error("boom");
  sync.blame(error);
  expect(world.failed).toEqual([error]);
});

test("a request that still waits for its turn when all is cut is failed, not forgotten", () => {
  const { world, sync } = setUp();
  world.backlog = [1];
  world.poll();
  vi.advanceTimersByTime(PARK_MS);
  world.backlog = [2];
  world.poll();
  world.request(2);
  world.request(1);
  sync.destroy();
  expect(world.failed).toMatchObject([{ code: "ERR_WORKER_STOPPING" }]);
  expect(world.closed).toBe(true);
});
