import { expect, test, vi } from "vitest";
import { WorkerState } from "../../../src/ipc/scoreboard-layout.ts";
import { reportHang, type Hang } from "../../../src/master/hang-report.ts";
import { Timeouts } from "../../../src/master/timeouts.ts";
import { RecordingLog } from "../../support/recording-log.ts";
import { FakeClock, FakeWorker, fakeRelease } from "./fakes.ts";

const PEER = { remoteAddress: "192.0.2.1", remotePort: 5000, unixPath: "" };

/** No process has a higher number than 2^22. */
const NOBODY = (1 << 22) + 1;

function setUp(timeout = 10) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const hangs: Hang[] = [];
  const timeouts = new Timeouts({
    log,
    now: clock.now,
    report: (_worker, hang) => {
      hangs.push(hang);
      return Promise.resolve({ record: `report of ${hang.kind}`, brief: `at ${hang.kind}` });
    },
  });
  const worker = new FakeWorker({ now: clock.now(), release: fakeRelease(1, { timeout, gracefulTimeout: 5 }) });
  worker.becameReady(clock.now(), { timesRequests: true, noStacks: "" });
  worker.slot.set("state", WorkerState.READY);
  worker.slot.set("readyAt", clock.now());
  worker.slot.set("heartbeat", clock.now());
  /** Time passes as it does for a loop that turns once a second. */
  const pass = async (ms: number, beating = false): Promise<void> => {
    for (; ms > 0; ms -= 1000) {
      clock.pass(Math.min(ms, 1000));
      if (beating) worker.slot.set("heartbeat", clock.now());
      timeouts.murder([worker]);
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  return { clock, log, hangs, timeouts, worker, pass };
}

test("a silent worker is explained, aborted, and killed at a later check", async () => {
  const { worker, pass, log, hangs } = setUp();
  await pass(10_000);
  expect(worker.signals).toEqual([]);
  await pass(1000);
  expect(log.text("critical")).toBe("report of silent");
  expect(worker.signals).toEqual(["SIGABRT"]);
  await pass(1000);
  expect(worker.signals).toEqual(["SIGABRT", "SIGKILL"]);
  await pass(10_000);
  expect(worker.signals).toHaveLength(2);
  expect(hangs).toHaveLength(1);
});

test("a worker that beats lives, unless one request takes too long in a class that serves one at a time", async () => {
  const { worker, pass, clock, hangs } = setUp();
  await pass(60_000, true);
  expect(worker.signals).toEqual([]);
  worker.slot.rows.take({ method: "GET", target: "/never", peer: PEER }, 1, clock.now());
  worker.timesRequests = false;
  await pass(60_000, true);
  expect(worker.signals).toEqual([]);
  worker.timesRequests = true;
  await pass(1000, true);
  expect(worker.signals).toEqual(["SIGABRT"]);
  expect(hangs).toMatchObject([{ kind: "slow-request", request: { target: "/never" } }]);
});

test("0 turns the limit off", async () => {
  const { worker, pass } = setUp(0);
  await pass(60_000);
  expect(worker.signals).toEqual([]);
});

test("loading has a limit of its own, after which the worker counts as one that cannot boot", async () => {
  const { worker, pass, hangs, log } = setUp();
  worker.slot.set("state", WorkerState.BOOTING);
  await pass(60_000);
  expect(worker.signals).toEqual([]);
  await pass(1000);
  expect(worker.signals).toEqual(["SIGABRT"]);
  expect(hangs).toMatchObject([{ kind: "boot" }]);
  expect(log.text("critical")).toBe("report of boot");
  const problem = "The application did not finish loading within 60 s (--boot-timeout). at boot";
  expect(worker.bootFailure).toEqual({ exit: 3, problem });
  expect(worker.condemned).toMatchObject({ cause: "boot-timeout" });
});

test("one that is told to leave while it loads has nothing to finish", async () => {
  const { worker, pass, clock } = setUp();
  worker.slot.set("state", WorkerState.BOOTING);
  worker.slot.set("readyAt", 0);
  worker.drain({ cause: "stop", queue: "serve" }, clock.now());
  await pass(6000);
  expect(worker.signals).toEqual(["SIGKILL"]);
  expect(worker.condemned).toEqual({ cause: "grace", reason: "it did not leave within 5 s" });
});

test("after the machine was frozen everybody gets all of the time anew", async () => {
  const { worker, timeouts, clock, pass } = setUp();
  worker.slot.rows.take({ method: "GET", target: "/slow", peer: PEER }, 1, clock.now());
  clock.pass(600_000);
  timeouts.murder([worker]);
  await pass(10_000);
  expect(worker.signals).toEqual([]);
  await pass(1000);
  expect(worker.signals).toEqual(["SIGABRT"]);
});

test("a worker that was told to leave and does not is killed", async () => {
  const { worker, pass, clock } = setUp();
  worker.drain({ cause: "resize", queue: "leave" }, clock.now());
  await pass(6000, true);
  expect(worker.signals).toEqual([]);
  await pass(1000, true);
  expect(worker.signals).toEqual(["SIGKILL"]);
});

test("the report has the stack and every request with its age", async () => {
  const { worker, clock } = setUp();
  worker.slot.rows.take({ method: "GET", target: "/spin", peer: PEER }, 1, clock.now() - 12_300);
  const stack = new TextEncoder().encode("spin (file:///app.js:3:1)\n");
  const head = new Int32Array(worker.slot.stackArea.buffer, worker.slot.stackArea.byteOffset, 2);
  const reported = reportHang(worker, { kind: "silent", forMs: 11_000 }, clock.now());
  expect(worker.rung).toBe(1);
  worker.slot.stackArea.set(stack, 8);
  head[1] = stack.length;
  head[0] = 1;
  const { record, brief } = await reported;
  expect(brief).toBe("JavaScript stack: at spin (file:///app.js:3:1)");
  expect(record).toBe(
    "WORKER TIMEOUT (pid:1001): its event loop has not turned for 11.0 s\n" +
      "  Requests in flight:\n    GET /spin from 192.0.2.1:5000, running for 12.3 s\n" +
      "  JavaScript stack:\n    at spin (file:///app.js:3:1)\n" +
      "  It is aborted now, and killed if that does not help within 1 s.",
  );
});

test("without a stack the report says why", async () => {
  const { worker, clock } = setUp();
  vi.spyOn(worker, "pid", "get").mockReturnValue(NOBODY);
  const { record: report } = await reportHang(worker, { kind: "silent", forMs: 11_000 }, clock.now(), {
    patienceMs: 20,
  });
  expect(report).toContain("No request was in flight.\n  No JavaScript stack: the process is gone");
  worker.noStacks = "this Node has none";
  const { brief } = await reportHang(worker, { kind: "silent", forMs: 11_000 }, clock.now());
  expect(brief).toBe("No JavaScript stack: this Node has none");
});
