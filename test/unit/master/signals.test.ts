import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Bell } from "../../../src/master/bell.ts";
import { SignalQueue } from "../../../src/master/signals.ts";

test("signals wait in order until they are taken, and wake the loop", async () => {
  const source = new EventEmitter();
  const bell = new Bell();
  const queue = new SignalQueue(source as unknown as NodeJS.Process, () => bell.ring());
  queue.listen();
  source.emit("SIGTTIN");
  source.emit("SIGTERM");
  await bell.wait(60_000);
  expect(queue.take()).toEqual(["ttin", "term"]);
  expect(queue.take()).toEqual([]);
  queue.close();
  expect(source.listenerCount("SIGTERM")).toBe(0);
});

test("a flood of signals is bounded", () => {
  const source = new EventEmitter();
  const queue = new SignalQueue(source as unknown as NodeJS.Process, () => {});
  queue.listen();
  for (let i = 0; i < 1000; i++) source.emit("SIGWINCH");
  expect(queue.take().length).toBeLessThan(100);
});

test("a ring between two waits is not lost, and one ring wakes one wait", async () => {
  const bell = new Bell();
  bell.ring();
  bell.ring();
  await bell.wait(60_000);
  let woken = false;
  const second = bell.wait(60_000).then(() => (woken = true));
  await Promise.resolve();
  expect(woken).toBe(false);
  bell.ring();
  await second;
});
