/** Clients that take nothing of answers, or little: nobody waits for them longer than `write_timeout`, and what they make us keep has a bound. */

import { describe, expect, test } from "vitest";
import type { Exchange } from "../../../src/http/exchange.ts";
import { frame, FrameType, NGHTTP2_MINOR, requestBlock, WHOLE, type FrameClient } from "../../support/h2-client.ts";
import type { H2Harness } from "../../support/h2-harness.ts";
import { poll } from "../../support/poll.ts";
import { clientOf, frameClientOf, start } from "./harness.ts";

const SMALL = 30_000;
const INITIAL_WINDOW_SIZE = 4;
const WINDOW_UPDATE = 8;

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const window = (size: number): Buffer =>
  frame(FrameType.SETTINGS, 0, 0, Buffer.concat([Buffer.of(0, INITIAL_WINDOW_SIZE), uint32(size)]));
const more = (stream: number, size: number): Buffer => frame(WINDOW_UPDATE, 0, stream, uint32(size));
const asks = (count: number, from = 0): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, i) =>
      frame(FrameType.HEADERS, WHOLE, 2 * (from + i) + 1, requestBlock(`/${from + i}`)),
    ),
  );

interface Answering {
  readonly harness: H2Harness;
  /** Why requests ended before their answer was taken. */
  readonly reasons: string[];
  readonly flushed: () => number;
}

async function answering(answer: (exchange: Exchange) => void, writeTimeoutMs = 500): Promise<Answering> {
  const reasons: string[] = [];
  let flushed = 0;
  const harness = await start(
    (exchange) => {
      exchange.onAbort = (reason) => reasons.push((reason as { code?: string }).code ?? "");
      exchange.onFlushed = () => flushed++;
      answer(exchange);
    },
    { writeTimeoutMs, keepAliveMs: 300 },
  );
  return { harness, reasons, flushed: () => flushed };
}

const small = (exchange: Exchange): void => exchange.respond(200, "", [], Buffer.alloc(SMALL));
const data = (client: FrameClient): number =>
  client.frames.reduce((sum, { type, payload }) => sum + (type === FrameType.DATA ? payload.length : 0), 0);

describe("a hundred small answers", () => {
  test("that the window has no room for are given up after write_timeout, and their memory with them", async () => {
    const { harness, reasons } = await answering(small);
    const client = await frameClientOf(harness);
    client.send(window(0), asks(100));
    await poll(() => client.answered(199));
    expect(reasons).toEqual([]);
    await poll(() => reasons.length === 100);
    expect(new Set(reasons)).toEqual(new Set(["ERR_WRITE_TIMEOUT"]));
    await poll(() => client.resetOf(1) !== null && client.resetOf(199) !== null);
    await poll(() => client.closed || harness.engine.connections === 0);
  });

  test.each([
    ["with bodies", 8, small],
    ["without bodies", 40, (exchange: Exchange) => exchange.respond(200, "", ["X-Long", "y".repeat(8000)], null)],
  ])("%s, of which the client reads nothing at all, end its connection", async (_what, hundreds, answer) => {
    const { harness, reasons, flushed } = await answering(answer);
    const client = await frameClientOf(harness);
    client.socket.pause();
    client.send(window(2 ** 30), more(0, 2 ** 30));
    // Sockets take a few megabytes by themselves. (A thousand that are refused would end the session earlier.)
    for (let i = 0; i < hundreds && harness.engine.connections > 0; i++) {
      client.send(asks(100, i * 100));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await poll(() => harness.engine.connections === 0);
    // More were not even begun than were taken, or may be in progress; from Node 24 on those do not count that wait for the socket.
    if (answer === small) expect(reasons).toContain("ERR_WRITE_TIMEOUT");
    expect(reasons.length).toBeLessThanOrEqual(NGHTTP2_MINOR < 70 ? 100 : 200);
    expect(flushed()).toBeLessThan(4000);
  });

  test("reach a client that takes them slowly, however long the last one waits, while it takes some", async () => {
    const { harness, reasons, flushed } = await answering(small, 400);
    const client = await frameClientOf(harness);
    client.send(window(2 ** 20), asks(60)); // the connection has the window that all begin with: 65,535 bytes
    while (data(client) < 60 * SMALL && reasons.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      client.send(more(0, 40_000));
    }
    await poll(() => flushed() === 60);
    expect(reasons).toEqual([]);
  });

  test("do not stay because others are taken: one that is left out for ever is given up", async () => {
    const { harness, reasons } = await answering(small, 200);
    const client = await frameClientOf(harness);
    client.send(window(0), more(0, 2 ** 30), asks(5));
    await poll(() => client.answered(9));
    let next = 5;
    await poll(
      () => {
        client.send(asks(2, next), more(2 * next + 1, SMALL), more(2 * next + 3, SMALL));
        next += 2;
        return reasons.length === 5;
      },
      { interval: 30 },
    );
    await poll(() => client.resetOf(1) !== null);
    expect(client.closed).toBe(false);
  });
});

test("a large answer is encrypted and written a little at a time, and a frame of ours does not come into the middle of another", async () => {
  const { harness } = await answering(
    (exchange) => exchange.respond(200, "", [], Buffer.alloc(2 ** 20, exchange.target)),
    5000,
  );
  const client = clientOf(harness, { initialWindowSize: 2 ** 24 });
  await new Promise((resolve) => client.session.once("connect", resolve));
  client.session.setLocalWindowSize(2 ** 24);
  const asked = Array.from({ length: 8 }, (_, i) => client.ask(`GET /${i}`));
  await new Promise((resolve) => setTimeout(resolve, 20));
  harness.engine.announce(); // a GOAWAY of ours
  for (const [i, answer] of (await Promise.all(asked)).entries()) {
    expect(answer).toMatchObject({ status: 200, code: 0 });
    expect(answer.body.equals(Buffer.alloc(2 ** 20, `/${i}`))).toBe(true);
  }
  await poll(() => client.closed);
});
