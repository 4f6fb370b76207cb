/** What is made of the evidence that a dead worker leaves. */

import { mkdirSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { Break, Farewell } from "../../../src/ipc/last-words.ts";
import type { Evidence } from "../../../src/master/deaths/evidence.ts";
import { judge } from "../../../src/master/deaths/judge.ts";
import { oomRecord } from "../../../src/master/deaths/kernel-log.ts";
import { findOomCounter } from "../../../src/master/deaths/oom-counter.ts";
import { OomWatch } from "../../../src/master/deaths/oom-watch.ts";
import { describeVerdict } from "../../../src/master/deaths/verdicts.ts";
import { temporaryFolder } from "../../support/tools.ts";
import { FakeClock, FakeWorker, fakeVerdicts } from "./fakes.ts";

const NOTHING: Evidence = {
  pid: 7,
  end: { code: null, signal: null },
  leaving: false,
  leavesBecause: "",
  condemned: null,
  bootProblem: null,
  words: null,
  crash: null,
  sender: null,
  resident: null,
  heap: null,
  oom: null,
};

const MIB = 2 ** 20;
const CRASH = { kind: Break.FAULT, signal: 11, code: 1, sender: 0, address: 16n, text: "/app/x.node" };
const killed = (rest: Partial<Evidence>): Evidence => ({ ...NOTHING, end: { code: null, signal: "SIGKILL" }, ...rest });
const aborted = (rest: Partial<Evidence>): Evidence => ({
  ...NOTHING,
  end: { code: null, signal: "SIGABRT" },
  ...rest,
});
const faulted = (rest: Partial<Evidence>): Evidence => ({
  ...NOTHING,
  end: { code: null, signal: "SIGSEGV" },
  ...rest,
});
const exited = (code: number, rest: Partial<Evidence> = {}): Evidence => ({
  ...NOTHING,
  end: { code, signal: null },
  ...rest,
});

test.each<[string, Evidence, string, RegExp]>([
  ["told to leave", exited(0, { leaving: true }), "asked", /exited with code 0\.$/],
  [
    "told to leave for a reason",
    exited(0, { leaving: true, leavesBecause: "the server stops" }),
    "asked",
    /code 0: it left because the server stops\.$/,
  ],
  ["left of itself", exited(0), "unknown", /exited with code 0: nobody had told it to\.$/],
  ["a status of Node's", exited(13), "unknown", /code 13: to Node this means a top-level await that never ended\./],
  ["any status", exited(42), "unknown", /exited with code 42\.$/],
  [
    "boot failure",
    exited(4, { bootProblem: "no such module\nmore" }),
    "boot-failed",
    /it could not boot: no such module$/,
  ],
  [
    "process.exit",
    exited(0, { words: { kind: Farewell.EXIT, number: 0, text: "at f" } }),
    "exit",
    /called process\.exit\(0\)\./,
  ],
  [
    "an empty loop",
    exited(0, { words: { kind: Farewell.EXIT, number: 0, text: "" } }),
    "exit",
    /has closed what kept the process/,
  ],
  [
    "words of an end that did not come",
    aborted({ words: { kind: Farewell.EXIT, number: 0, text: "at f" } }),
    "crash",
    /native code found an error/,
  ],
  [
    "another signal than its own",
    faulted({ words: { kind: Farewell.KILL, number: 9, text: "at f" } }),
    "crash",
    /SIGSEGV! Native code used/,
  ],
  [
    "an old error",
    exited(0, { leaving: true, words: { kind: Farewell.UNCAUGHT, number: 0, text: "Error: x" } }),
    "asked",
    /code 0\.$/,
  ],
  [
    "a time-out",
    killed({ condemned: { cause: "timeout", reason: "it hung" } }),
    "timeout",
    /is gone \(SIGKILL\): Junicorn ended it because it hung\./,
  ],
  [
    "out of heap before the time-out's end",
    aborted({
      condemned: { cause: "timeout", reason: "it hung" },
      crash: { ...CRASH, kind: Break.HEAP, text: "Reached heap limit" },
    }),
    "heap-out-of-memory",
    /JavaScript heap out of memory: Reached heap limit/,
  ],
  [
    "a fault",
    faulted({ crash: CRASH }),
    "crash",
    /Native code used memory that is not its own: address 0x10 in \/app\/x\.node\.$/,
  ],
  [
    "a signal with a sender",
    faulted({ crash: { ...CRASH, code: 0, sender: 99 }, sender: "bash" }),
    "signal",
    /Process 99 \(bash\) sent it\.$/,
  ],
  ["a fault that was survived", exited(1, { crash: CRASH }), "unknown", /exited with code 1: to Node/],
  [
    "a full heap without word from V8",
    aborted({ heap: { bytes: 99 * MIB, limit: 100 * MIB, agoMs: 400 } }),
    "heap-out-of-memory",
    /Probably .*: 99 MiB of at most 100 MiB were in use 0\.4 s before/,
  ],
  [
    "an OOM kill",
    killed({
      oom: { struck: true, evidence: "x went from 0 to 1", limitBytes: 512 * MIB },
      resident: { bytes: 500 * MIB, agoMs: 900 },
    }),
    "kernel-out-of-memory",
    /Out of memory: the kernel ended it \(x went from 0 to 1\)\. It had 500 MiB resident 0\.9 s before; all processes of its group may have 512 MiB\.$/,
  ],
  [
    "a kill by hand",
    killed({ oom: { struck: false, evidence: "x is 0 as before", limitBytes: null } }),
    "signal",
    /Not out of memory \(x is 0 as before\), and not by Junicorn/,
  ],
  [
    "a kill of which nobody knows",
    killed({ oom: { struck: null, evidence: "nothing can be read", limitBytes: null } }),
    "unknown",
    /Perhaps out of memory\? Junicorn has not sent it, and nothing can be read\./,
  ],
  [
    "no process",
    { ...NOTHING, end: { code: null, signal: null, spawnError: "EAGAIN" } },
    "not-started",
    /^A worker could not be started: EAGAIN$/,
  ],
])("%s", (_, evidence, cause, text) => {
  const judgement = judge(evidence);
  expect(judgement.cause).toBe(cause);
  expect(judgement.text).toMatch(text);
  expect(judgement.text).not.toContain("\n");
});

/** A root folder with these files. */
function rootWith(files: Record<string, string>): string {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const V2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
const V1 = "35 24 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

describe("the kernel's count of OOM kills", () => {
  test.each<[string, Record<string, string>, string, number, number | null]>([
    [
      "version 2",
      {
        "proc/self/cgroup": "0::/web\n",
        "proc/self/mountinfo": V2,
        "sys/fs/cgroup/web/memory.events": "oom 3\noom_kill 2\n",
        "sys/fs/cgroup/web/memory.max": "1048576\n",
      },
      "oom_kill in /sys/fs/cgroup/web/memory.events",
      2,
      MIB,
    ],
    [
      "a container's namespace",
      {
        "proc/self/cgroup": "0::/../other\n",
        "proc/self/mountinfo": V2,
        "sys/fs/cgroup/memory.events": "oom_kill 1\n",
        "sys/fs/cgroup/memory.max": "max\n",
      },
      "oom_kill in /sys/fs/cgroup/memory.events",
      1,
      null,
    ],
    [
      "version 1, both mounted",
      {
        "proc/self/cgroup": "4:memory:/web\n0::/\n",
        "proc/self/mountinfo": `${V1}${V2}`,
        "sys/fs/cgroup/memory/web/memory.oom_control": "under_oom 0\noom_kill 5\n",
        "sys/fs/cgroup/memory/web/memory.limit_in_bytes": "9223372036854771712\n",
      },
      "oom_kill in /sys/fs/cgroup/memory/web/memory.oom_control",
      5,
      null,
    ],
    ["no cgroup", { "proc/vmstat": "nr_free 1\noom_kill 9\n" }, "oom_kill in /proc/vmstat", 9, null],
  ])("%s", (_, files, source, count, limit) => {
    const counter = findOomCounter(rootWith(files));
    expect(counter?.source).toBe(source);
    expect(counter?.read()).toBe(count);
    expect(counter?.limit()).toBe(limit);
  });

  test("nowhere", () => expect(findOomCounter(rootWith({}))).toBeNull());
});

test("a strike explains one death, and not for long", () => {
  let count = 3;
  const watch = new OomWatch({ source: "x", read: () => count, limit: () => null }, () => null);
  expect(watch.judge(1, 0).struck).toBe(false);
  count = 5;
  watch.look(1000); // counted before the death is heard of
  expect(watch.judge(1, 2000)).toMatchObject({ struck: true, evidence: "x went from 3 to 4" });
  expect(watch.judge(2, 2000)).toMatchObject({ struck: true, evidence: "x went from 4 to 5" });
  expect(watch.judge(3, 2000)).toMatchObject({ struck: false, evidence: "x is 5 as before" });
  count = 6;
  watch.look(3000); // a child of some worker
  expect(watch.judge(4, 60_000).struck).toBe(false);
});

test("the kernel's log is believed about its own processes, and recent ones", () => {
  const now = Math.floor(uptime() * 1e6);
  const line = (us: number, pid: number): string => `3,10,${us},-;Killed process ${pid} (node) anon-rss:1kB\n`;
  const path = join(rootWith({ kmsg: line(now - 60e6, 8) + line(now, 9) }), "kmsg");
  expect(oomRecord(9, path)).toBe("Killed process 9 (node) anon-rss:1kB");
  expect(oomRecord(8, path)).toBeNull();
});

test("workers that left as they were told are forgotten first", () => {
  const clock = new FakeClock();
  const verdicts = fakeVerdicts(clock.now);
  for (let generation = 1; generation <= 200; generation++) {
    const worker = new FakeWorker({ generation });
    if (generation > 1) worker.leaves(clock.now());
    worker.dies({ code: generation === 1 ? 7 : 0 });
    verdicts.pronounce(worker);
  }
  expect(verdicts.list()).toHaveLength(64);
  expect(verdicts.find(1001)).toMatchObject({ code: 7 });
  expect(verdicts.find(1200)).toMatchObject({ cause: "asked" });
});

test("verdicts are kept, found by pid and counted; a hang's requests are not told twice", () => {
  const clock = new FakeClock();
  const verdicts = fakeVerdicts(clock.now);
  const peer = { remoteAddress: "192.0.2.1", remotePort: 9 };
  for (let generation = 1; generation <= 70; generation++) {
    const worker = new FakeWorker({ generation, now: clock.now() });
    for (let id = 1; id <= 8; id++) worker.slot.rows.take({ method: "GET", target: `/${id}`, peer }, id, clock.now());
    if (generation === 70) worker.condemned = { cause: "timeout", reason: "it hung" };
    worker.dies({ signal: "SIGKILL" });
    clock.pass(1500);
    verdicts.pronounce(worker);
  }
  expect(verdicts.list()).toHaveLength(64);
  expect(verdicts.find(1001)).toBeNull();
  expect(verdicts.counts).toMatchObject({ unknown: 69, timeout: 1, crash: 0 });
  const [known, hung] = [verdicts.find(1069)!, verdicts.find(1070)!];
  expect(known).toMatchObject({ cause: "unknown", signal: "SIGKILL", livedMs: 1500, requestsLost: 8 });
  expect(known.requests[0]).toEqual({ method: "GET", target: "/1", peer: "192.0.2.1:9", ageMs: 1500 });
  expect(describeVerdict(known)).toContain("Requests lost:\n    GET /1 from 192.0.2.1:9, running for 1.5 s");
  expect(describeVerdict({ ...known, stack: "at end (app.js:1)" })).toMatch(
    / at end \(app\.js:1\)\n {2}Requests lost:\n {4}GET/,
  );
  expect(hung.requestsLost).toBe(8);
  expect(describeVerdict(hung)).toBe("Worker (pid:1070) is gone (SIGKILL): Junicorn ended it because it hung.");
});

test("the verdict on who left in order says what for", () => {
  const clock = new FakeClock();
  const verdicts = fakeVerdicts(clock.now);
  const last = (worker: FakeWorker): string => {
    worker.dies({ code: 0 });
    return verdicts.pronounce(worker).text;
  };
  const replaced = new FakeWorker({ now: clock.now() });
  replaced.drain({ cause: "reload", queue: "leave" }, clock.now());
  expect(last(replaced)).toMatch(/it left because a reload has replaced it\.$/);
  const due = new FakeWorker({ now: clock.now() });
  due.due = "it is old";
  due.drain({ cause: "recycle", queue: "leave" }, clock.now());
  expect(last(due)).toMatch(/it left because it is old\.$/);
});
