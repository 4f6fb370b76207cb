import { expect, test } from "vitest";
import type { Outcome } from "../../../src/master/commands.ts";
import type { Release } from "../../../src/master/release.ts";
import { Reload, type Preparation } from "../../../src/master/reload.ts";
import { WorkerPool } from "../../../src/master/worker-pool.ts";
import { RecordingLog } from "../../support/recording-log.ts";
import { FakeClock, FakeWorker, fakeRelease, fakeVerdicts } from "./fakes.ts";

/** A master's loop around a reload; two workers of the first release serve. Each preparation is answered by the test. */
async function setUp() {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const verdicts = fakeVerdicts(clock.now);
  const started: FakeWorker[] = [];
  const done: string[] = [];
  let current: Release = fakeRelease(1);
  const pool = new WorkerPool({
    target: 2,
    capacity: 64,
    log,
    now: clock.now,
    start: (job) => {
      started.push(new FakeWorker({ ...job, now: clock.now() }));
      return Promise.resolve(started.at(-1)!);
    },
    examine: (worker) => verdicts.pronounce(worker),
    note: () => {},
    halt: () => done.push("halt"),
  });
  const prepared: PromiseWithResolvers<Preparation>[] = [];
  const reload = new Reload({
    pool,
    log,
    now: clock.now,
    current: () => current,
    prepare: () => {
      prepared.push(withResolvers());
      return prepared.at(-1)!.promise;
    },
    putInForce: (release) => {
      current = release;
      pool.putInForce(release);
      done.push(`release ${release.number}`);
    },
    ended: () => {},
    wake: () => {},
  });
  pool.putInForce(current);
  const turn = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    pool.reap();
    await reload.advance();
    await pool.manage();
  };
  const ready = async (...workers: FakeWorker[]): Promise<void> => {
    for (const worker of workers) pool.receive(worker, { type: "ready", timesRequests: true, noStacks: "" });
    await turn();
  };
  const fails = async (worker: FakeWorker, problem: string): Promise<void> => {
    pool.receive(worker, { type: "boot-failed", exit: 4, problem });
    worker.dies({ code: 4 });
    await turn();
  };
  const preparation = (name: string): Preparation => ({
    ...fakeRelease(),
    apply: () => done.push(`apply ${name}`),
    warnings: [],
    discard: () => done.push(`discard ${name}`),
  });
  /** Has the reload that runs come to the point where its first worker boots. */
  const prove = async (name: string): Promise<void> => {
    await turn();
    prepared.at(-1)!.resolve(preparation(name));
    await turn();
  };
  await turn();
  await ready(...started);
  return { clock, log, pool, reload, started, done, prepared, turn, ready, fails, prove, preparation };
}

type PromiseWithResolvers<T> = { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void };

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

/** What a promise has come to by now. */
async function soFar(outcome: Promise<Outcome>): Promise<Outcome | "pending"> {
  return Promise.race([outcome, new Promise<"pending">((resolve) => setImmediate(() => resolve("pending")))]);
}

test("one new worker is ready before an old one is touched; then they leave one by one", async () => {
  const { reload, started, done, prove, ready, pool, log } = await setUp();
  const outcome = reload.request();
  await prove("a");
  expect(started).toHaveLength(3);
  expect(done).toEqual([]);
  expect(started.map((worker) => worker.sent.length)).toEqual([0, 0, 0]);
  await ready(started[2]!);
  expect(done).toEqual(["apply a", "release 2"]);
  expect(started.map((worker) => worker.sent.length)).toEqual([1, 0, 0, 0]);
  expect(await soFar(outcome)).toBe("pending");
  await ready(started[3]!);
  await ready();
  expect(started[1]!.sent).toEqual([{ type: "drain", cause: "reload", queue: "leave" }]);
  expect(await outcome).toEqual({ ok: true, warnings: [] });
  expect(pool.workers.filter((worker) => worker.phase === "ready").map((worker) => worker.release.number)).toEqual([
    2, 2,
  ]);
  expect(log.text("info")).toMatch(/Reloaded in \d+ ms: 2 new workers; 2 old ones still to finish/);
});

test("settings that cannot be read change nothing", async () => {
  const { reload, started, done, prepared, turn, log } = await setUp();
  const outcome = reload.request();
  await turn();
  prepared[0]!.reject(new Error("junicorn.config.ts:3: no"));
  await turn();
  await turn();
  expect(await outcome).toEqual({ ok: false, problem: "junicorn.config.ts:3: no" });
  expect(started).toHaveLength(2);
  expect(done).toEqual([]);
  expect(log.text("error")).toBe("The reload failed, and the server goes on as it was: junicorn.config.ts:3: no");
});

test("a new worker that does not boot ends the reload, not the server, and is not tried again", async () => {
  const { reload, started, done, prove, fails, turn, pool, log } = await setUp();
  const outcome = reload.request();
  await prove("a");
  await fails(started[2]!, "app.js:1: broken");
  await turn();
  expect(await outcome).toEqual({ ok: false, problem: "app.js:1: broken" });
  expect(done).toEqual(["discard a"]);
  expect(pool.workers).toEqual(started.slice(0, 2));
  expect(log.text().match(/app\.js:1: broken/g)).toHaveLength(1);
});

test("requests during a reload become one more after it", async () => {
  const { reload, started, prepared, prove, fails, turn } = await setUp();
  const first = reload.request();
  await prove("a");
  const later = [reload.request(), reload.request()];
  await fails(started[2]!, "broken");
  expect((await first).ok).toBe(false);
  await prove("b");
  expect(prepared).toHaveLength(2);
  await fails(started[3]!, "still broken");
  expect(await Promise.all(later)).toEqual(Array(2).fill({ ok: false, problem: "still broken" }));
  await turn();
  expect(prepared).toHaveLength(2);
});

test("a reload whose later workers fail is said to be incomplete; old workers stay, and the next reload can begin", async () => {
  const { reload, started, prove, ready, fails, clock, turn, pool, prepared } = await setUp();
  const outcome = reload.request();
  await prove("a");
  await ready(started[2]!);
  for (let failure = 0; failure < 3; failure++) {
    await fails(started.at(-1)!, "out of ports");
    clock.pass(30_000);
    await turn();
  }
  expect(await outcome).toMatchObject({ ok: false, problem: expect.stringContaining("out of ports") as string });
  expect(pool.workers.filter((worker) => worker.phase === "ready").map((worker) => worker.release.number)).toEqual([
    1, 2,
  ]);
  void reload.request();
  await turn();
  expect(prepared).toHaveLength(2);
});

test("a stop gives back what was opened, and tells whoever waits", async () => {
  const { reload, done, prove, prepared, preparation, turn } = await setUp();
  const proving = reload.request();
  await prove("a");
  reload.abandon();
  expect(await proving).toEqual({ ok: false, problem: "the server was told to stop meanwhile" });
  expect(done).toEqual(["discard a"]);
  const preparing = reload.request();
  await turn();
  reload.abandon();
  prepared[1]!.resolve(preparation("b"));
  expect((await preparing).ok).toBe(false);
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual(["discard a", "discard b"]);
});
