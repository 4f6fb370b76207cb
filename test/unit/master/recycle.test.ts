import { expect, test } from "vitest";
import type { Settings } from "../../../src/config/settings/index.ts";
import { Recycler } from "../../../src/master/recycle.ts";
import { RecordingLog } from "../../support/recording-log.ts";
import { FakeClock, FakeWorker, fakeRelease } from "./fakes.ts";

const OFF = { maxWorkerLifetime: 0, maxWorkerMemory: 0 };

function setUp(count: number, settings: Partial<Settings>) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const release = fakeRelease(1, { ...OFF, ...settings });
  const mebibytes = new Map<number, number>();
  const shares = [1, 0.5, 0];
  const recycler = new Recycler({
    log,
    now: clock.now,
    residentBytes: (pid) => (mebibytes.get(pid) ?? 0) * 2 ** 20,
    random: () => shares.shift() ?? 0,
  });
  const workers = Array.from({ length: count }, (_, index) => {
    const worker = new FakeWorker({ generation: index + 1, release, now: clock.now() });
    worker.becameReady(clock.now(), { timesRequests: true, noStacks: "" });
    return worker;
  });
  /** Turns of the loop, once a second. */
  const pass = (seconds: number): void => {
    for (; seconds > 0; seconds--) {
      clock.pass(1000);
      recycler.check(workers);
    }
  };
  const due = () => workers.map((worker) => worker.due !== null);
  return { clock, log, mebibytes, workers, pass, due };
}

test("a worker is due at the end of its life, each at its own time within the last tenth", () => {
  const { pass, due, log } = setUp(3, { maxWorkerLifetime: 100 });
  pass(89);
  expect(due()).toEqual([false, false, false]);
  pass(1);
  expect(due()).toEqual([true, false, false]);
  pass(5);
  expect(due()).toEqual([true, true, false]);
  pass(5);
  expect(due()).toEqual([true, true, true]);
  expect(log.text("info")).toContain(
    "Worker (pid:1001) is to be replaced: it is 90 s old (max_worker_lifetime is 100)",
  );
});

test("only a worker that stays over its memory limit is due, and only the largest at a time", () => {
  const { pass, due, log, mebibytes, clock } = setUp(3, { maxWorkerMemory: 100 });
  clock.pass(60_000);
  mebibytes.set(1001, 150);
  pass(4);
  mebibytes.set(1001, 90);
  pass(2);
  mebibytes.set(1001, 150).set(1003, 200);
  pass(4);
  expect(due()).toEqual([false, false, false]);
  pass(2);
  expect(due()).toEqual([false, false, true]);
  pass(10);
  expect(due()).toEqual([false, false, true]);
  expect(log.text("info")).toContain("(pid:1003) is to be replaced: it has 200 MiB (max_worker_memory is 100)");
  expect(log.text("warning")).toBe("");
});

test("as many become due as are replaced at one time; a limit that workers reach at once is said to be too low", () => {
  const { pass, due, log, mebibytes } = setUp(3, { maxWorkerMemory: 100, recycleConcurrency: 2 });
  mebibytes.set(1001, 110).set(1002, 130).set(1003, 120);
  pass(8);
  expect(due()).toEqual([false, true, true]);
  expect(log.text("warning")).toContain("max_worker_memory is too low for this application: worker (pid:1002)");
});

test("workers that boot or leave are not looked at", () => {
  const { pass, workers, mebibytes, clock } = setUp(2, { maxWorkerMemory: 100, maxWorkerLifetime: 10 });
  workers[0]!.leaves(clock.now());
  workers[1]!.phase = "booting";
  mebibytes.set(1001, 500).set(1002, 500);
  pass(60);
  expect(workers.map((worker) => worker.due)).toEqual([null, null]);
});
