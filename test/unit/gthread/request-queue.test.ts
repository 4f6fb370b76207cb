/** Whose turn it is among requests that wait for a thread, where connections bring several at once. */

import { expect, test } from "vitest";
import { Relay } from "../../../src/workers/gthread/relay.ts";
import { RequestQueue } from "../../../src/workers/gthread/request-queue.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

/** `session`: that of the connection, or null for one of HTTP/1. */
function relay(target: string, session: object | null): Relay {
  const exchange = new RecordingExchange({ target });
  Object.defineProperty(exchange, "session", { value: session });
  return new Relay(exchange);
}

function drain(queue: RequestQueue): string[] {
  const order: string[] = [];
  for (let next = queue.shift(); next !== null; next = queue.shift()) order.push(next.exchange.target);
  expect(queue.length).toBe(0);
  return order;
}

test("connections take turns, whoever brings most", () => {
  const queue = new RequestQueue();
  const [a, b] = [{}, {}];
  for (const target of ["/a1", "/a2", "/a3", "/a4"]) queue.push(relay(target, a));
  queue.push(relay("/h1", null));
  for (const target of ["/b1", "/b2"]) queue.push(relay(target, b));
  expect(queue.length).toBe(7);
  expect(drain(queue)).toEqual(["/a1", "/h1", "/b1", "/a2", "/b2", "/a3", "/a4"]);
});

test("who leaves the queue makes room for the next of the same connection, wherever it stood", () => {
  const queue = new RequestQueue();
  const session = {};
  const all = ["/1", "/2", "/3"].map((target) => relay(target, session));
  for (const one of all) queue.push(one);
  expect(queue.remove(all[1]!)).toBe(true); // behind
  expect(queue.remove(all[1]!)).toBe(false);
  expect(queue.remove(all[0]!)).toBe(true); // in front
  expect(drain(queue)).toEqual(["/3"]);
  queue.push(all[0]!);
  expect(drain(queue)).toEqual(["/1"]);
});
