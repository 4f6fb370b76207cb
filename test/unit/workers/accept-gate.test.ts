import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AcceptGate,
  ASSUMED_WAITING,
  loadOf,
  LOOK_AGAIN_MS,
  MORE_PATIENCE,
  PATIENCE,
  roomBelow,
  type Rival,
} from "../../../src/workers/accept-gate.ts";

const BEAT_MS = 1000;

/** Workers over one backlog. Each of them sees the others as the scoreboard would show them. */
class World {
  now = 0;
  waiting: number;
  readonly workers: { load: number; accepted: number; hangs: boolean; room: number }[];
  readonly gates: AcceptGate[];

  constructor(loads: readonly number[], waiting: number) {
    this.waiting = waiting;
    this.workers = loads.map((load) => ({ load, accepted: 0, hangs: false, room: Infinity }));
    this.gates = this.workers.map((worker) => {
      const rivals = this.workers.filter((other) => other !== worker).map((other) => this.#shown(other));
      const view = { load: 0, rivals: () => rivals };
      Object.defineProperty(view, "load", { get: () => worker.load });
      return new AcceptGate(view, () => this.now);
    });
  }

  /** Worker `index` is woken. Returns what its gate says; 0: it has accepted. */
  wake(index: number): number {
    const wait = this.gates[index]!.ask(() => this.waiting);
    if (wait === 0) this.accept(index);
    return wait;
  }

  accept(index: number): void {
    this.waiting--;
    this.workers[index]!.load++;
    this.workers[index]!.accepted++;
  }

  get loads(): number[] {
    return this.workers.map((worker) => worker.load);
  }

  #shown(worker: World["workers"][number]): Rival {
    const beat = (): number => (worker.hangs ? 0 : Math.floor(this.now / BEAT_MS));
    return {
      get load() {
        return worker.load;
      },
      get room() {
        return worker.room;
      },
      get accepted() {
        return worker.accepted;
      },
      get heartbeat() {
        return beat();
      },
    };
  }
}

/** The loads after `waiting` connections have gone, one by one, to whoever was least busy. */
function levelled(loads: readonly number[], waiting: number): number[] {
  const result = [...loads];
  for (let i = 0; i < waiting; i++) result[result.indexOf(Math.min(...result))]!++;
  return result;
}

const loads = fc.array(fc.nat(60), { minLength: 2, maxLength: 8 });

describe("the rule", () => {
  test("a worker is due exactly when levelling out would raise it", () => {
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 200 }), (before, waiting) => {
        const lowest = Math.min(...before);
        const after = levelled(before, waiting);
        const level = Math.max(...before.map((load, index) => (after[index]! > load ? after[index]! : 0)));
        for (const [index, own] of before.entries()) {
          const rivals = before
            .filter((_, other) => other !== index)
            .map((load) => ({ load, room: Infinity, accepted: 0, heartbeat: 0 }));
          const due = waiting > roomBelow(own, rivals);
          expect(due).toBe(own < level);
          if (own === lowest) expect(due).toBe(true);
        }
      }),
    );
  });

  test("requests in progress count, but never for more than a crowd of connections does", () => {
    expect(loadOf(3, 0)).toBeGreaterThan(loadOf(1, 1));
    expect(loadOf(10, 8)).toBeGreaterThan(loadOf(17, 0));
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (connections, active) => {
        const load = loadOf(connections, Math.min(active, connections));
        expect(load).toBeGreaterThanOrEqual(connections);
        if (connections >= 32) expect(load).toBeLessThanOrEqual(1.25 * connections);
      }),
    );
  });

  test("whoever can take no more has no claim to what waits", () => {
    const full = { load: 1, room: 0, accepted: 0, heartbeat: 0 };
    expect(roomBelow(10, [full, { ...full, room: 3 }])).toBe(3);
  });
});

describe("many workers, one backlog", () => {
  test("in whatever order they look, the loads come out as level as they can", () => {
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 200 }), fc.infiniteStream(fc.nat()), (before, waiting, order) => {
        const world = new World(before, waiting);
        while (world.waiting > 0) {
          const round = before.map((_, index) => ({ index, rank: order.next().value! }));
          for (const { index } of round.toSorted((a, b) => a.rank - b.rank)) if (world.waiting > 0) world.wake(index);
          world.now += LOOK_AGAIN_MS;
        }
        const sorted = (list: number[]): number[] => list.toSorted((a, b) => a - b);
        expect(sorted(world.loads)).toEqual(sorted(levelled(before, waiting)));
      }),
    );
  });

  test("one that pauses amid a crowd is waited for longer than one that had been silent", () => {
    const looksFor = (busyOthers: boolean): number => {
      const world = new World([9, 5, 0], 1);
      for (const wait of [1, 2, 3]) {
        world.now += wait;
        world.wake(0);
        if (busyOthers) world.workers[1]!.accepted++;
      }
      let looks = 0;
      while (world.wake(0) !== 0) looks++;
      return looks;
    };
    expect(looksFor(true)).toBe(PATIENCE + MORE_PATIENCE);
    expect(looksFor(false)).toBe(PATIENCE - 3);
  });

  test("no connection waits for those that hang, whoever hangs", () => {
    fc.assert(
      fc.property(loads, fc.nat(), fc.integer({ min: 1, max: 20 }), (before, survivor, waiting) => {
        const alive = survivor % before.length;
        const world = new World(before, waiting);
        for (const [index, worker] of world.workers.entries()) worker.hangs = index !== alive;
        let waitedMs = 0;
        for (; world.waiting > 0; waitedMs = 0) {
          for (let wait = world.wake(alive); wait !== 0; wait = world.wake(alive)) {
            expect(wait).toBeLessThanOrEqual(LOOK_AGAIN_MS);
            waitedMs += wait;
            world.now += wait;
          }
          expect(waitedMs).toBeLessThanOrEqual(PATIENCE * LOOK_AGAIN_MS);
        }
        // Each of the others is given one chance.
        expect(world.now).toBeLessThanOrEqual(PATIENCE * LOOK_AGAIN_MS * (before.length - 1));
      }),
    );
  });
});

describe("one worker", () => {
  test("alone it takes everything, and does not even ask how much waits", () => {
    const gate = new AcceptGate({ load: 900, rivals: () => [] }, () => 0);
    const unasked = (): number => {
      throw new Error("asked");
    };
    expect(gate.ask(unasked)).toBe(0);
  });

  test("it goes on leaving connections to another that takes them, however long that lasts", () => {
    const world = new World([5, 0], 1000);
    for (let i = 0; i < 100; i++) {
      world.waiting = 1;
      expect(world.wake(0)).toBe(LOOK_AGAIN_MS);
      world.now += LOOK_AGAIN_MS;
      world.accept(1);
      world.workers[1]!.load = 0; // a short one: it has gone already
    }
    expect(world.now).toBeGreaterThan(10 * PATIENCE * LOOK_AGAIN_MS);
  });

  test("it trusts a worker that hung again once that has given a sign of life", () => {
    const world = new World([3, 0], 1);
    world.workers[1]!.hangs = true;
    while (world.wake(0) !== 0) world.now += LOOK_AGAIN_MS;
    world.waiting = 1;
    expect(world.wake(0)).toBe(0);
    world.workers[1]!.hangs = false;
    world.now = 2 * BEAT_MS;
    world.waiting = 1;
    expect(world.wake(0)).toBe(LOOK_AGAIN_MS);
  });

  test("where the kernel does not say how many wait, it takes a crowd for granted that is small", () => {
    const rival = { load: 0, room: Infinity, accepted: 0, heartbeat: 0 };
    const gateAt = (load: number): AcceptGate => new AcceptGate({ load, rivals: () => [rival] }, () => 0);
    expect(gateAt(2 * ASSUMED_WAITING - 1).ask(() => null)).toBe(0);
    expect(gateAt(2 * ASSUMED_WAITING).ask(() => null)).toBe(LOOK_AGAIN_MS);
  });
});
