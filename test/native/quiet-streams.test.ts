/** Streams that are opened quietly: read once by hand, and watched only when asked. */

import { constants } from "node:os";
import { expect, it, onTestFinished } from "vitest";
import { native, StreamEvent } from "../../src/native.ts";
import { poll } from "../support/poll.ts";
import { connectedPair, readAll } from "./sockets.ts";

const EAGAIN = -constants.errno.EAGAIN;

async function openQuietly() {
  const { fd, socket } = await connectedPair();
  onTestFinished(() => void socket.destroy());
  const events: { event: number; text: string }[] = [];
  const streams = new (native().Streams)((_id, event, value) => {
    events.push({ event, text: Buffer.from(streams.readBuffer.subarray(0, value)).toString() });
  });
  return { streams, id: streams.open(fd, true), socket, events };
}

it("is answered and closed without ever being watched", async () => {
  const { streams, id, socket, events } = await openQuietly();
  expect(streams.receive(id)).toBe(EAGAIN);
  socket.write("hello");
  const received = await poll(() => {
    const size = streams.receive(id);
    return size > 0 && Buffer.from(streams.readBuffer.subarray(0, size)).toString();
  });
  expect(received).toBe("hello");
  expect(streams.write(id, "answer", null)).toBe(0);
  streams.close(id);
  expect(await readAll(socket)).toBe("answer");
  expect(events).toEqual([]);
  expect(() => streams.receive(id)).toThrow();
});

it("tells of nothing until it is resumed, and then of what has waited", async () => {
  const { streams, id, socket, events } = await openQuietly();
  await new Promise((resolve) => socket.write("early", resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(events).toEqual([]);
  streams.resume(id);
  await poll(() => events.length > 0);
  expect(events[0]).toEqual({ event: StreamEvent.READ, text: "early" });
  streams.close(id);
});

it("gives 0 at the peer's FIN", async () => {
  const { streams, id, socket } = await openQuietly();
  socket.end();
  await poll(() => streams.receive(id) === 0);
  streams.close(id);
});

it("is closed by the read that finds it broken", async () => {
  const { streams, id, socket } = await openQuietly();
  socket.resetAndDestroy();
  const size = await poll(() => {
    const result = streams.receive(id);
    return result !== EAGAIN && result;
  });
  expect(size).toBe(-constants.errno.ECONNRESET);
  expect(() => streams.close(id)).toThrow();
});

it("queues what the kernel does not take, and drains it, though it was never resumed", async () => {
  const { streams, id, socket, events } = await openQuietly();
  const size = 16 * 1024 * 1024;
  socket.pause();
  expect(streams.write(id, "", Buffer.alloc(size, "x"))).toBeGreaterThan(0);
  let received = 0;
  socket.on("data", (chunk: Buffer) => (received += chunk.length));
  socket.resume();
  await poll(() => events.some(({ event }) => event === StreamEvent.DRAIN));
  await poll(() => received === size);
  streams.close(id);
});
