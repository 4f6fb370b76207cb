/** Requests' deadlines: each at its time, none for those that are answered, one timer for all. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RequestDeadlines } from "../../../src/http/request-deadlines.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

function setUp() {
  const expired: string[] = [];
  const deadlines = new RequestDeadlines(2, (exchange) => expired.push(exchange.target));
  const begin = (target: string): RecordingExchange => {
    const exchange = new RecordingExchange({ target });
    exchange.startedAt = performance.now();
    deadlines.add(exchange);
    return exchange;
  };
  return { expired, deadlines, begin };
}

test("each request expires at its own time", () => {
  const { expired, begin } = setUp();
  begin("/a");
  vi.advanceTimersByTime(1500);
  begin("/b");
  vi.advanceTimersByTime(499);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual(["/a"]);
  vi.advanceTimersByTime(1500);
  expect(expired).toEqual(["/a", "/b"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a request that is over, or answered and on its way to a slow client, does not expire", () => {
  const { expired, deadlines, begin } = setUp();
  const over = begin("/over");
  const answered = begin("/answered");
  begin("/late");
  deadlines.delete(over);
  answered.ended = true;
  vi.advanceTimersByTime(10_000);
  expect(expired).toEqual(["/late"]);
  begin("/next");
  vi.advanceTimersByTime(2000);
  expect(expired).toEqual(["/late", "/next"]);
});
