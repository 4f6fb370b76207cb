import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Heartbeat, HEARTBEAT } from "../../../src/websocket/heartbeat.ts";
import type { OpenSocket, SocketLimits } from "../../../src/websocket/limits.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

class FakeSocket extends EventEmitter {
  pings = 0;
  cut = false;
  answers = true;

  ping(data: Buffer): void {
    expect(data).toBe(HEARTBEAT);
    this.pings++;
    if (this.answers) this.emit("pong");
  }

  terminate(): void {
    this.cut = true;
    this.emit("close");
  }
}

function watched(times: Pick<SocketLimits, "idleTimeoutMs" | "pingIntervalMs">): FakeSocket {
  const socket = new FakeSocket();
  const limits = { maxPayload: 1, compression: false, maxBackpressure: 0, ...times };
  new Heartbeat(limits).watch(socket as unknown as OpenSocket);
  return socket;
}

test("a silent peer is pinged once an interval, and lives as long as it answers", () => {
  const socket = watched({ idleTimeoutMs: 60_000, pingIntervalMs: 20_000 });
  vi.advanceTimersByTime(19_000);
  expect(socket.pings).toBe(0);
  vi.advanceTimersByTime(600_000);
  expect(socket.cut).toBe(false);
  expect(socket.pings).toBeGreaterThanOrEqual(27);
  expect(socket.pings).toBeLessThanOrEqual(31);
});

test("one that does not answer is pinged again, and cut at the idle time-out", () => {
  const socket = watched({ idleTimeoutMs: 60_000, pingIntervalMs: 20_000 });
  socket.answers = false;
  vi.advanceTimersByTime(59_000);
  expect([socket.cut, socket.pings]).toEqual([false, 2]);
  vi.advanceTimersByTime(3000);
  expect(socket.cut).toBe(true);
});

test("one that talks is not pinged", () => {
  const socket = watched({ idleTimeoutMs: 60_000, pingIntervalMs: 20_000 });
  for (let i = 0; i < 20; i++) {
    vi.advanceTimersByTime(10_000);
    socket.emit("message");
  }
  expect([socket.cut, socket.pings]).toEqual([false, 0]);
});

test("0 turns each of them off", () => {
  const unpinged = watched({ idleTimeoutMs: 60_000, pingIntervalMs: 0 });
  const eternal = watched({ idleTimeoutMs: 0, pingIntervalMs: 20_000 });
  const free = watched({ idleTimeoutMs: 0, pingIntervalMs: 0 });
  eternal.answers = false;
  vi.advanceTimersByTime(200_000);
  expect([unpinged.cut, unpinged.pings]).toEqual([true, 0]);
  expect(eternal.cut).toBe(false);
  expect(eternal.pings).toBeGreaterThan(5);
  expect([free.cut, free.pings]).toEqual([false, 0]);
});
