import { expect, test } from "vitest";
import { WorkerFd } from "../../../src/ipc/protocol.ts";
import type { BootFailure } from "../../../src/master/worker-handle.ts";
import { WorkerPool } from "../../../src/master/worker-pool.ts";
import { RecordingLog } from "../../support/recording-log.ts";
import { FakeClock, FakeWorker, fakeRelease, fakeVerdicts } from "./fakes.ts";

async function setUp(target: number, capacity = 64, release = fakeRelease()) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const started: FakeWorker[] = [];
  const verdicts = fakeVerdicts(clock.now);
  const halts: BootFailure[] = [];
  const moments: string[] = [];
  const pool = new WorkerPool({
    target,
    capacity,
    log,
    now: clock.now,
    start: (job) => {
      const worker = new FakeWorker({ ...job, now: clock.now() });
      started.push(worker);
      return Promise.resolve(worker);
    },
    examine: (worker) => verdicts.pronounce(worker),
    note: (...[moment]: [string, ...unknown[]]) => void moments.push(moment),
    halt: (failure) => halts.push(failure),
  });
  pool.putInForce(release);
  /** One turn of the master's loop. */
  const turn = async (): Promise<void> => {
    pool.reap();
    await pool.manage();
  };
  const ready = async (...workers: FakeWorker[]): Promise<void> => {
    for (const worker of workers) pool.receive(worker, { type: "ready", timesRequests: true, noStacks: "" });
    await turn();
  };
  await turn();
  return { clock, log, started, halts, moments, pool, turn, ready };
}

test("it starts as many as asked for, in slots of their own, and says once that all are ready", async () => {
  const { started, moments, log, ready, turn } = await setUp(3);
  expect(started.map((worker) => worker.slotIndex)).toEqual([0, 1, 2]);
  await ready(started[0]!, started[1]!);
  expect(moments).not.toContain("allReady");
  await ready(started[2]!);
  await turn();
  expect(moments.filter((moment) => moment === "allReady")).toHaveLength(1);
  expect(log.text("info")).toContain("All 3 workers are ready");
});

test("a worker that dies after serving for a while is replaced at once, in its slot, and its requests are named", async () => {
  const { started, ready, turn, clock, log } = await setUp(2);
  await ready(...started);
  clock.pass(60_000);
  started[0]!.slot.rows.take(
    { method: "POST", target: "/pay", peer: { remoteAddress: "192.0.2.1", remotePort: 9 } },
    1,
    clock.now() - 2500,
  );
  started[0]!.dies({ signal: "SIGKILL" });
  await turn();
  expect(started).toHaveLength(3);
  expect(started[2]!.slotIndex).toBe(0);
  expect(log.text("error")).toMatch(/\(pid:1001\) was sent SIGKILL! Perhaps out of memory\?/);
  expect(log.text("error")).toContain("POST /pay from 192.0.2.1:9, running for 2.5 s");
});

test("workers that keep dying young are replaced ever more slowly, and the start is not given up", async () => {
  const { started, ready, turn, clock, halts, pool } = await setUp(1);
  await ready(started[0]!);
  const waits: number[] = [];
  for (let death = 0; death < 12; death++) {
    started.at(-1)!.dies({ code: 1 });
    const before = clock.now();
    const count = started.length;
    await turn();
    while (started.length === count) {
      clock.pass(pool.msUntilStart());
      await turn();
    }
    waits.push(clock.now() - before);
    await ready(started.at(-1)!);
  }
  expect(waits.slice(0, 4)).toEqual([0, 500, 1000, 2000]);
  expect(waits.at(-1)).toBe(2000);
  expect(halts).toEqual([]);
});

test("workers that a stop catches before they can hear it end by the signal, which is nothing to warn of", async () => {
  const { started, log, pool } = await setUp(2);
  pool.expelAll("SIGQUIT");
  started[0]!.dies({ signal: "SIGINT" }); // the terminal's, to all processes of the group
  started[1]!.dies({ signal: "SIGQUIT" });
  pool.reap();
  expect(pool.workers).toEqual([]);
  expect(log.lines.filter(({ level }) => level !== "debug")).toEqual([]);
});

test("when the first start fails, the cause is handed over once and nothing is started again", async () => {
  const { started, turn, halts, log } = await setUp(4);
  for (const worker of started.slice(0, 3)) {
    worker.bootFailure = null;
    worker.dies({ code: 4 });
  }
  started[0]!.bootFailure = { exit: 4, problem: "no such module" };
  started[1]!.bootFailure = { exit: 4, problem: "no such module" };
  await turn();
  expect(halts).toEqual([{ exit: 4, problem: "no such module" }]);
  expect(log.lines).toEqual([]);
});

test("a failure to boot that was reported is heard before the death is judged", async () => {
  const { started, turn, halts, pool } = await setUp(1);
  started[0]!.dies({ code: 4 });
  pool.receive(started[0]!, { type: "boot-failed", exit: 4, problem: "no such module" });
  await turn();
  expect(halts).toEqual([{ exit: 4, problem: "no such module" }]);
});

test("an application that ends the process while it is loaded stops the start with status 3", async () => {
  const { started, turn, halts } = await setUp(1);
  started[0]!.dies({ code: 0 });
  await turn();
  expect(halts).toEqual([{ exit: 3, problem: expect.stringContaining("ended the process with status 0") as string }]);
});

test("a worker killed while booting is tried again, but not for ever", async () => {
  const { started, turn, halts, clock, pool } = await setUp(1);
  for (let i = 0; i < 3; i++) {
    expect(halts).toEqual([]);
    started.at(-1)!.dies({ signal: "SIGKILL" });
    await turn();
    clock.pass(pool.msUntilStart() === Infinity ? 0 : pool.msUntilStart());
    await turn();
  }
  expect(halts).toHaveLength(1);
  expect(halts[0]!.exit).toBe(3);
});

test("a boot failure later does not end a server that works; the same cause is told in full once", async () => {
  const { started, ready, turn, halts, log, clock, pool } = await setUp(2);
  await ready(...started);
  clock.pass(60_000);
  started[0]!.dies({ code: 1 });
  await turn();
  for (let i = 0; i < 3; i++) {
    const count = started.length;
    pool.receive(started.at(-1)!, { type: "boot-failed", exit: 3, problem: "a long\nstory" });
    started.at(-1)!.dies({ code: 3 });
    await turn();
    while (started.length === count) {
      clock.pass(pool.msUntilStart());
      await turn();
    }
  }
  expect(halts).toEqual([]);
  expect(log.text().match(/a long\nstory/g)).toHaveLength(1);
  expect(log.text("error")).toContain(
    "Workers have failed to boot 2 times for the same reason: the next try is in 1 s",
  );
  expect(log.text("error")).toContain("3 times for the same reason: the next try is in 2 s");
  for (let i = 0; i < 5; i++) {
    pool.receive(started.at(-1)!, { type: "boot-failed", exit: 3, problem: "a long\nstory" });
    started.at(-1)!.dies({ code: 3 });
    await turn();
    clock.pass(pool.msUntilStart());
    await turn();
  }
  expect(log.text("error")).toContain("8 times for the same reason: the next try is in 30 s");
});

test("a worker that retires is replaced while it still drains", async () => {
  const { started, ready, turn, clock, pool, log } = await setUp(1);
  await ready(started[0]!);
  clock.pass(60_000);
  pool.receive(started[0]!, { type: "retire", reason: "uncaught exception", why: "failed" });
  await turn();
  expect(started).toHaveLength(2);
  expect(started[1]!.slotIndex).toBe(1);
  expect(started[0]!.signals).toEqual([]);
  started[0]!.dies({ code: 1 });
  await turn();
  expect(started).toHaveLength(2);
  expect(log.text("info")).toContain("leaves: uncaught exception");
});

test("a worker that is due leaves when its successor is ready, and is forgotten when it is gone", async () => {
  const { started, ready, turn, pool, log } = await setUp(1);
  await ready(started[0]!);
  pool.receive(started[0]!, { type: "retire", reason: "it has begun 200 requests", why: "due" });
  await turn();
  const [old, successor] = started as [FakeWorker, FakeWorker];
  expect(successor.replaces).toBe(old);
  expect(old.sent).toEqual([]);
  expect(log.text("info")).toContain("Worker (pid:1001) is to be replaced: it has begun 200 requests");
  await ready(successor);
  expect(old.sent).toEqual([{ type: "drain", cause: "recycle", queue: "leave" }]);
  old.dies({ code: 0 });
  await turn();
  expect(successor.replaces).toBeNull();
  expect(started).toHaveLength(2);
});

test("workers whose listeners are gone are told so when they leave", async () => {
  const [kept, gone] = [{ fd: 1 }, { fd: 2 }];
  const { started, ready, turn, pool } = await setUp(1, 64, fakeRelease(1, {}, [kept, gone]));
  await ready(started[0]!);
  pool.putInForce(fakeRelease(2, {}, [kept]));
  await turn();
  await ready(started[1]!);
  const orphans = [WorkerFd.FIRST_LISTENER + 1];
  expect(started[0]!.sent).toEqual([{ type: "drain", cause: "reload", queue: "leave", orphans }]);
});

test("with fewer wanted the oldest are told to leave, once, and are not replaced", async () => {
  const { started, ready, turn, pool } = await setUp(3);
  await ready(...started);
  pool.target = 1;
  await turn();
  await turn();
  const drain = { type: "drain", cause: "resize", queue: "leave" };
  expect(started.map((worker) => worker.sent)).toEqual([[drain], [drain], []]);
  started[0]!.dies({ code: 0 });
  started[1]!.dies({ code: 0 });
  await turn();
  expect(started).toHaveLength(3);
});

test("workers that are told to leave from outside are replaced at once, however often", async () => {
  const { started, ready, turn, pool, log } = await setUp(1);
  for (let i = 0; i < 5; i++) {
    await ready(started.at(-1)!);
    pool.receive(started.at(-1)!, { type: "retire", reason: "it was told to by a signal", why: "told" });
    await turn();
    expect(started).toHaveLength(i + 2);
    started.at(-2)!.dies({ code: 0 });
    await turn();
  }
  expect(log.text("warning")).toBe("");
});

test("it never starts more than there are slots", async () => {
  const { started, ready, turn, pool } = await setUp(2, 3);
  await ready(...started);
  for (const worker of started) pool.receive(worker, { type: "retire", reason: "x", why: "failed" });
  await turn();
  expect(started).toHaveLength(3);
  started[0]!.dies({ code: 1 });
  await turn();
  expect(started).toHaveLength(4);
});

test("many workers that die together double the wait once", async () => {
  const { started, ready, turn, pool } = await setUp(8);
  await ready(...started);
  for (const worker of started) worker.dies({ code: 1 });
  await turn();
  expect(started).toHaveLength(16);
  await ready(...started.slice(8));
  for (const worker of started.slice(8)) worker.dies({ code: 1 });
  await turn();
  expect(pool.msUntilStart()).toBe(500);
});

test.each([
  ["that was ended for hanging", "killed"],
  ["that somebody kills", "none"],
] as const)("a worker %s is replaced at once, however often", async (_who, sentence) => {
  const { started, ready, turn } = await setUp(1);
  for (let i = 0; i < 5; i++) {
    await ready(started.at(-1)!);
    started.at(-1)!.sentence = sentence;
    started.at(-1)!.dies({ signal: "SIGKILL" });
    await turn();
    expect(started).toHaveLength(i + 2);
  }
});

test("a worker killed by us at the end of a stop is not called out of memory, and what it was serving is named", async () => {
  const { started, ready, turn, pool, log, clock } = await setUp(1);
  await ready(started[0]!);
  const peer = { remoteAddress: "192.0.2.1", remotePort: 9 };
  started[0]!.slot.rows.take({ method: "GET", target: "/spin", peer }, 1, clock.now());
  pool.expelAll("SIGQUIT");
  pool.expelAll("SIGKILL");
  started[0]!.dies({ signal: "SIGKILL" });
  pool.reap();
  expect(log.text()).toContain("does not wait any longer. Requests lost:\n    GET /spin");
  expect(log.text()).not.toContain("memory");
  expect(started[0]!.signals).toEqual(["SIGQUIT", "SIGKILL"]);
  await turn();
});
