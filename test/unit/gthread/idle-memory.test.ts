/** When idle threads are asked to give memory back: the last request is a while ago, one thread at a time, and once. */

import { syncBuiltinESMExports } from "node:module";
import v8 from "node:v8";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { IdleMemory } from "../../../src/workers/gthread/idle-memory.ts";
import type { PoolThread } from "../../../src/workers/gthread/pool-thread.ts";
import { native } from "../../../src/native.ts";

const TURN = 100;

/** The heap of this process is what the tests before have made of it: of a large one nothing is asked. */
const HEAP = { ...v8.getHeapStatistics(), used_heap_size: 10 * 2 ** 20, total_physical_size: 11 * 2 ** 20 };

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(v8, "getHeapStatistics").mockReturnValue(HEAP);
  syncBuiltinESMExports();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

function setUp(count: number) {
  const idle = Array.from({ length: count }, (_, index) => ({ id: index + 1, rest: 0, open: new Map() }));
  const asked: (number | "own")[] = [];
  vi.spyOn(native(), "shrinkHeap").mockImplementation(() => asked.push("own") > 0);
  const trim = vi.spyOn(native(), "trimAllocator").mockImplementation(() => {});
  const threads = {
    busy: 0,
    idle: idle as unknown as PoolThread[],
    rest: (thread: PoolThread) => void asked.push(thread.id),
  };
  const memory = new IdleMemory(threads, TURN);
  /** What was asked in each of so many turns. */
  const turns = (number: number): (number | "own" | null)[] =>
    Array.from({ length: number }, () => {
      const before = asked.length;
      vi.advanceTimersByTime(TURN);
      return asked[before] ?? null;
    });
  return { idle, threads, memory, turns, trim };
}

test("one after another, then the main thread, then the allocator, and not again", () => {
  const { turns, trim } = setUp(3);
  expect(turns(5)).toEqual([null, null, 1, 2, 3]);
  expect(turns(1)).toEqual(["own"]);
  expect(trim).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3 * TURN);
  expect(trim).toHaveBeenCalledTimes(1);
  turns(10); // the main thread's further collections are in here, by its own clock
  expect(turns(20)).toEqual(Array.from({ length: 20 }, () => null));
  expect(trim).toHaveBeenCalledTimes(1);
});

test("a thread that serves now and then is left alone, and the main thread with it", () => {
  const { idle, turns } = setUp(2);
  const seen = Array.from({ length: 6 }, () => {
    idle[1]!.rest = 0; // as taking it for a request does
    return turns(1)[0];
  });
  expect(seen).toEqual([null, null, 1, null, null, null]);
  expect(turns(4)).toEqual([null, 2, "own", null]);
});

test("nor is one whose request still streams, nor the main thread while any is busy", () => {
  const { idle, threads, turns } = setUp(1);
  idle[0]!.open.set(1, {});
  expect(turns(6)).toEqual([null, null, null, null, null, null]);
  idle[0]!.open.clear();
  threads.busy = 1;
  expect(turns(4)).toEqual([null, 1, null, null]);
  threads.busy = 0;
  expect(turns(1)).toEqual(["own"]);
});

test("nothing after it is closed", () => {
  const { memory, turns } = setUp(1);
  memory.close();
  expect(turns(5)).toEqual([null, null, null, null, null]);
});
