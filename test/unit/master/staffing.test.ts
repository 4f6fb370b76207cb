import { expect, test } from "vitest";
import type { Settings } from "../../../src/config/settings/index.ts";
import type { Release } from "../../../src/master/release.ts";
import { planStaff } from "../../../src/master/staffing.ts";
import type { WorkerHandle } from "../../../src/master/worker-handle.ts";
import { FakeWorker, fakeRelease } from "./fakes.ts";

/** Letters of one release, oldest first: B boots, R is ready, D is ready and due, L leaves. */
function staff(letters: string, release: Release): FakeWorker[] {
  return Array.from(letters, (letter) => {
    const worker = new FakeWorker({ generation: ++born, release });
    if (letter !== "B") worker.becameReady(1, { timesRequests: true, noStacks: "" });
    if (letter === "D") worker.due = "old";
    if (letter === "L") worker.leaves(1);
    return worker;
  });
}

let born = 0;

function plan(old: string, current: string, target: number, settings: Partial<Settings> = {}) {
  const release = fakeRelease(2, settings);
  const workers = [...staff(old, fakeRelease(1)), ...staff(current, release)];
  return describe(workers, planStaff({ workers, release, target }));
}

/** Workers by their place in the list. */
function describe(workers: WorkerHandle[], { dismiss, start, succeed }: ReturnType<typeof planStaff>) {
  return {
    dismiss: dismiss.map(({ worker, cause }) => `${cause} ${workers.indexOf(worker)}`),
    start,
    succeed: succeed.map((worker) => workers.indexOf(worker)),
  };
}

const NOTHING = { dismiss: [], start: 0, succeed: [] };

test("who is missing is started, and who leaves does not count", () => {
  expect(plan("", "", 3)).toEqual({ ...NOTHING, start: 3 });
  expect(plan("", "RLB", 3)).toEqual({ ...NOTHING, start: 1 });
  expect(plan("", "RRR", 3)).toEqual(NOTHING);
});

test("too many: the oldest leave, but none that serves before enough others do", () => {
  expect(plan("", "RRR", 1)).toEqual({ ...NOTHING, dismiss: ["resize 0", "resize 1"] });
  expect(plan("", "RRB", 2)).toEqual(NOTHING);
  expect(plan("", "BRR", 2)).toEqual({ ...NOTHING, dismiss: ["resize 0"] });
  expect(plan("", "RR", 0)).toEqual({ ...NOTHING, dismiss: ["resize 0", "resize 1"] });
});

test("after a reload one old worker leaves for each new one that is ready, the oldest first", () => {
  expect(plan("RRR", "R", 3)).toEqual({ ...NOTHING, dismiss: ["reload 0"], start: 2 });
  expect(plan("LRR", "RBB", 3)).toEqual(NOTHING);
  expect(plan("LRR", "RRB", 3)).toEqual({ ...NOTHING, dismiss: ["reload 1"] });
  expect(plan("LLR", "RRR", 3)).toEqual({ ...NOTHING, dismiss: ["reload 2"] });
});

test("old workers that never served leave at once, and as many as a smaller target has no use for", () => {
  expect(plan("BB", "R", 2)).toEqual({ dismiss: ["reload 0", "reload 1"], start: 1, succeed: [] });
  expect(plan("RRRR", "R", 2)).toEqual({ dismiss: ["reload 0", "reload 1", "reload 2"], start: 1, succeed: [] });
});

test("the surge bounds how many new ones boot at one time during a reload, and only then", () => {
  expect(plan("RRR", "R", 4, { reloadSurge: 1 }).start).toBe(1);
  expect(plan("RRR", "RB", 4, { reloadSurge: 1 }).start).toBe(0);
  expect(plan("RRR", "RB", 4, { reloadSurge: 2 }).start).toBe(1);
  expect(plan("", "R", 4, { reloadSurge: 1 }).start).toBe(3);
});

test("workers that are due get successors, as many at one time as are allowed", () => {
  expect(plan("", "DDR", 3)).toEqual({ ...NOTHING, succeed: [0] });
  expect(plan("", "DDR", 3, { recycleConcurrency: 2 })).toEqual({ ...NOTHING, succeed: [0, 1] });
});

test("nobody is recycled while a reload or a loss keeps the server busy", () => {
  expect(plan("R", "DR", 2).succeed).toEqual([]);
  expect(plan("", "DR", 3)).toEqual({ ...NOTHING, start: 1 });
});

test("a successor counts once the one before it leaves, which it does when the successor is ready, and the next is due then", () => {
  const release = fakeRelease(2);
  const [first, second] = staff("DD", release) as [FakeWorker, FakeWorker];
  const successor = new FakeWorker({ generation: ++born, release, replaces: first });
  const workers = [first, second, successor];
  const turn = () => describe(workers, planStaff({ workers, release, target: 2 }));
  expect(turn()).toEqual(NOTHING);
  successor.becameReady(1, { timesRequests: true, noStacks: "" });
  expect(turn()).toEqual({ ...NOTHING, dismiss: ["recycle 0"] });
  first.drain({ cause: "recycle", queue: "leave" }, 1);
  expect(turn()).toEqual(NOTHING);
  workers.shift();
  expect(turn()).toEqual({ ...NOTHING, succeed: [0] });
});

test("a successor whose predecessor dies takes its place", () => {
  const release = fakeRelease(2);
  const [first] = staff("D", release) as [FakeWorker];
  const successor = new FakeWorker({ generation: ++born, release, replaces: first });
  first.dies({ signal: "SIGKILL" });
  expect(planStaff({ workers: [successor], release, target: 1 })).toEqual(NOTHING);
});

test("candidates of a reload that has not been put in force do not count", () => {
  const release = fakeRelease(1);
  const workers = [...staff("RR", release), ...staff("R", fakeRelease(2))];
  expect(planStaff({ workers, release, target: 2 })).toEqual(NOTHING);
});
