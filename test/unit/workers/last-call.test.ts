import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LastCall } from "../../../src/workers/leaving/last-call.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(gated = true) {
  const acceptor = {
    accepting: true,
    starved: false,
    gated,
    expectant: false,
    closed: false,
    waiting: 0,
    gateClosed: false,
    acceptNow: () => acceptor.waiting > 0 && acceptor.waiting-- > 0,
    closeGate: () => void (acceptor.gateClosed = true),
    close: () => void (acceptor.closed = true),
  };
  new LastCall(acceptor);
  return acceptor;
}

test("newcomers are kept out first; what waits is taken, and the listeners are given up once nothing came for a while", () => {
  const acceptor = setUp();
  expect(acceptor.gateClosed).toBe(true);
  acceptor.waiting = 3;
  vi.advanceTimersByTime(30);
  expect(acceptor.waiting).toBe(0);
  vi.advanceTimersByTime(50);
  acceptor.waiting = 1; // its handshake took longer
  vi.advanceTimersByTime(90);
  expect([acceptor.waiting, acceptor.closed]).toEqual([0, false]);
  vi.advanceTimersByTime(20);
  expect(acceptor.closed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("without room, or without descriptors, nobody knows that nothing waits", () => {
  const acceptor = setUp();
  acceptor.accepting = false;
  vi.advanceTimersByTime(1000);
  acceptor.accepting = true;
  acceptor.starved = true;
  vi.advanceTimersByTime(1000);
  expect(acceptor.closed).toBe(false);
  acceptor.starved = false;
  vi.advanceTimersByTime(100);
  expect(acceptor.closed).toBe(true);
});

test("where newcomers cannot be kept out the first moment without any is taken", () => {
  const acceptor = setUp(false);
  acceptor.waiting = 2;
  vi.advanceTimersByTime(20);
  expect(acceptor.closed).toBe(false);
  vi.advanceTimersByTime(10);
  expect(acceptor.closed).toBe(true);
});

test("clients that were let in and have not sent their requests are waited for", () => {
  const acceptor = setUp();
  acceptor.expectant = true;
  vi.advanceTimersByTime(1000);
  expect(acceptor.closed).toBe(false);
  acceptor.expectant = false;
  acceptor.waiting = 1;
  vi.advanceTimersByTime(90);
  expect([acceptor.waiting, acceptor.closed]).toEqual([0, false]);
  vi.advanceTimersByTime(30);
  expect(acceptor.closed).toBe(true);
});
