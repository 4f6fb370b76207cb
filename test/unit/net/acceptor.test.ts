import { constants } from "node:os";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Log } from "../../../src/base/log.ts";
import type { Listener, MayAccept, OnConnection } from "../../../src/native.ts";
import { Acceptor, type AcceptorOptions, type Gate, type ListenerMaker } from "../../../src/net/acceptor.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Two listeners over backlogs of connections; a negative number is an error that accepting meets. */
class World {
  readonly backlogs: number[][] = [[], []];
  readonly watching = [false, false];
  readonly accepted: number[] = [];
  readonly lines: string[] = [];
  readonly acceptor: Acceptor<{ fd: number; unixPath: ""; lane: number | null }>;
  readonly #wake: (() => void)[] = [];

  constructor(gate?: Gate, lanes: (number | null)[] = [null, null]) {
    const { backlogs, watching, lines } = this;
    const wake = this.#wake;
    class FakeListener implements Listener {
      readonly #index: number;
      readonly #onConnection: OnConnection;

      constructor(fd: number, onConnection: OnConnection, mayAccept?: MayAccept) {
        this.#index = fd;
        this.#onConnection = onConnection;
        wake[fd] = () => {
          if (watching[fd] && backlogs[fd]!.length > 0 && (mayAccept?.() ?? true)) this.acceptNow();
        };
      }
      resume(): void {
        watching[this.#index] = true;
      }
      pause(): void {
        watching[this.#index] = false;
      }
      close(): void {
        watching[this.#index] = false;
      }
      acceptNow(): boolean {
        const [next] = backlogs[this.#index]!;
        if (next === undefined) return false;
        if (next < 0) watching[this.#index] = false;
        backlogs[this.#index]!.shift();
        this.#onConnection(next, "192.0.2.1", 1);
        return true;
      }
    }
    const log = { error: (line: string) => void lines.push(line) } as unknown as Log;
    const maker: ListenerMaker = FakeListener;
    const options: AcceptorOptions = { log, maker, ...(gate && { gate }) };
    this.acceptor = new Acceptor(
      [
        { fd: 0, unixPath: "", lane: lanes[0]! },
        { fd: 1, unixPath: "", lane: lanes[1]! },
      ],
      (fd) => void this.accepted.push(fd),
      options,
    );
  }

  /** A turn of the event loop. */
  turn(): void {
    for (const wake of this.#wake) wake();
  }
}

const EMFILE = -constants.errno.EMFILE;

describe("without a free descriptor", () => {
  test("nothing is watched until a while has passed", () => {
    const world = new World();
    world.acceptor.resume();
    world.backlogs[0] = [EMFILE, 10];
    world.backlogs[1] = [11];
    world.turn();
    expect(world.watching).toEqual([false, false]);
    vi.advanceTimersByTime(1000);
    world.turn();
    expect(world.accepted).toEqual([10, 11]);
  });

  test("a connection that closes is reason to try again at once", () => {
    const world = new World();
    world.acceptor.resume();
    world.backlogs[0] = [EMFILE, 10];
    world.turn();
    world.acceptor.resume();
    world.turn();
    expect(world.accepted).toEqual([10]);
  });

  test("what was paused meanwhile stays paused", () => {
    const world = new World();
    world.acceptor.resume();
    world.backlogs[0] = [EMFILE, 10];
    world.turn();
    world.acceptor.pause();
    vi.advanceTimersByTime(1000);
    expect(world.watching).toEqual([false, false]);
    world.acceptor.resume();
    expect(world.watching).toEqual([true, true]);
  });

  test("acceptNow has nothing to give", () => {
    const world = new World();
    world.backlogs[0] = [EMFILE];
    expect(world.acceptor.acceptNow()).toBe(false);
  });

  test("it is said at once, and then once a minute, with a count and what to do", () => {
    const world = new World();
    world.acceptor.resume();
    for (let i = 0; i < 100; i++) {
      world.backlogs[0] = [EMFILE];
      world.turn();
      vi.advanceTimersByTime(1000);
    }
    expect(world.lines).toHaveLength(2);
    expect(world.lines[0]).toMatch(/^Cannot accept connections: EMFILE, .*ulimit -n/);
    expect(world.lines[1]).toMatch(/\(60 times since/);
  });
});

describe("with a gate", () => {
  test("what the gate leaves to others is looked at again when it says so", () => {
    const waits = [3, 3, 0];
    const world = new World({ ask: () => waits.shift()! });
    world.acceptor.resume();
    world.backlogs[0] = [10];
    world.turn();
    expect(world.watching).toEqual([false, false]);
    vi.advanceTimersByTime(3);
    world.turn();
    expect(world.accepted).toEqual([]);
    vi.advanceTimersByTime(3);
    world.turn();
    expect(world.accepted).toEqual([10]);
  });

  test("a connection that closes does not hurry it", () => {
    const world = new World({ ask: () => 5 });
    world.acceptor.resume();
    world.backlogs[0] = [10];
    world.turn();
    world.acceptor.resume();
    expect(world.watching).toEqual([false, false]);
  });
});

describe("lanes", () => {
  test("only those are watched that are to be served, from the moment it is said", () => {
    const world = new World(undefined, [0, 1]);
    world.acceptor.serve([]);
    world.acceptor.resume();
    expect(world.watching).toEqual([false, false]);
    world.acceptor.serve([1]);
    expect(world.watching).toEqual([false, true]);
    world.backlogs[0] = [10];
    world.backlogs[1] = [11];
    expect(world.acceptor.acceptNow()).toBe(true);
    expect(world.acceptor.acceptNow()).toBe(false);
    world.acceptor.serve([0, 1]);
    expect(world.watching).toEqual([true, true]);
    world.acceptor.pause();
    world.acceptor.serve([0]);
    expect(world.watching).toEqual([false, false]);
    expect(world.acceptor.acceptNow()).toBe(true);
    expect(world.accepted).toEqual([11, 10]);
  });

  test("a listener that is no lane is served whatever is said, and it alone is shared with others", () => {
    const world = new World({ ask: () => 100 }, [null, 0]);
    world.acceptor.serve([0]);
    world.acceptor.resume();
    world.backlogs[1] = [11];
    world.turn();
    expect(world.accepted).toEqual([11]);
    world.backlogs[0] = [10];
    world.turn();
    expect(world.accepted).toEqual([11]);
    world.acceptor.serve([]);
    vi.advanceTimersByTime(100);
    expect(world.watching).toEqual([true, false]);
  });
});
