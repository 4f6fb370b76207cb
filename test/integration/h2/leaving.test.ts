/** How HTTP/2 sessions end when nobody uses them any more, or the worker leaves. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Exchange } from "../../../src/http/exchange.ts";
import {
  ErrorCode,
  frame,
  FrameFlag,
  FrameType,
  requestBlock,
  WHOLE,
  type FrameClient,
} from "../../support/h2-client.ts";
import { poll } from "../../support/poll.ts";
import { clientOf, frameClientOf, hello, start } from "./harness.ts";

const request = (stream: number): Buffer => frame(FrameType.HEADERS, WHOLE, stream, requestBlock(`/${stream}`));

/** Last streams, as GOAWAY frames name them. */
const lastStreams = (client: FrameClient): number[] =>
  client.frames.filter(({ type }) => type === FrameType.GOAWAY).map(({ payload }) => payload.readUInt32BE(0));

/** Answers the server's PING. */
function pong(client: FrameClient): boolean {
  const ping = client.frames.find(({ type, flags }) => type === FrameType.PING && (flags & FrameFlag.ACK) === 0);
  return ping !== undefined && client.send(frame(FrameType.PING, FrameFlag.ACK, 0, ping.payload));
}

test("an idle session is closed after keep-alive, and its client told before", async () => {
  const harness = await start(hello, { keepAliveMs: 300 });
  const client = clientOf(harness);
  expect((await client.ask("GET /")).status).toBe(200);
  await poll(() => client.closed);
  expect(client.goaways).toContain(ErrorCode.NO_ERROR);
  await poll(() => harness.closed() === 1);
  expect(harness.engine.connections).toBe(0);
});

test("a session in use is not idle, however long the request takes", async () => {
  const harness = await start((exchange) => void setTimeout(() => hello(exchange), 800), { keepAliveMs: 200 });
  expect((await clientOf(harness).ask("GET /")).status).toBe(200);
});

test("without keep-alive a session ends with the requests that came at once", async () => {
  const harness = await start(hello, { keepAliveMs: 0 });
  const client = clientOf(harness);
  const answers = await Promise.all([1, 2, 3].map((i) => client.ask(`GET /${i}`)));
  for (const { status } of answers) expect(status).toBe(200);
  await poll(() => client.closed);
});

test("leaving takes two steps: what crosses the first is served, what comes after the second refused", async () => {
  const waiting: Exchange[] = [];
  const harness = await start((exchange) => void waiting.push(exchange));
  const client = await frameClientOf(harness);
  client.send(request(1));
  await poll(() => waiting.length === 1);
  harness.engine.announce();
  harness.engine.drain(1000);
  await poll(() => lastStreams(client).length === 1);
  expect(lastStreams(client)).toEqual([2 ** 31 - 1]);
  client.send(request(3)); // it was on its way
  await poll(() => waiting.length === 2);
  expect(pong(client)).toBe(true);
  await poll(() => lastStreams(client).length === 2);
  expect(lastStreams(client)[1]).toBe(3);
  client.send(request(5));
  await sleep(50);
  expect(waiting.length).toBe(2);
  expect(client.answered(5)).toBe(false);
  for (const exchange of waiting) hello(exchange);
  await poll(() => client.answered(1) && client.answered(3) && client.closed);
  await poll(() => harness.engine.connections === 0);
});

test("a client that does not say that it has heard is waited for no longer than a second", async () => {
  const harness = await start(hello);
  const client = await frameClientOf(harness);
  client.send(request(1));
  await poll(() => client.answered(1));
  const began = performance.now();
  harness.engine.drain(1000);
  await poll(() => client.closed || lastStreams(client).length === 2);
  client.socket.end();
  await poll(() => harness.engine.connections === 0);
  expect(performance.now() - began).toBeGreaterThan(500);
});

test("while draining, a new connection may bring its request, and no more", async () => {
  const harness = await start(hello);
  harness.engine.drain(1000);
  const client = clientOf(harness);
  await sleep(100);
  expect((await client.ask("GET /")).status).toBe(200);
  await poll(() => client.closed);
  const silent = await frameClientOf(harness);
  await poll(() => lastStreams(silent).length > 0);
});

test("in a hurry nothing new is taken at once; what is left is cut, and told", async () => {
  const reasons: string[] = [];
  const harness = await start((exchange) => {
    exchange.onAbort = (reason) => reasons.push((reason as { code?: string }).code ?? "");
  });
  const client = clientOf(harness);
  const asked = client.ask("GET /");
  await poll(() => harness.engine.connections === 1);
  await sleep(50);
  harness.engine.drain(0);
  expect(harness.engine.destroy()).toBe(1);
  expect((await asked).status).toBe(0);
  expect(reasons).toEqual(["ERR_WORKER_STOPPING"]);
  await poll(() => harness.engine.connections === 0);
});
