import { setImmediate as turn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { EngineWebSocket, WebSocketEvents, WebSocketExchange } from "../../../src/http/websocket.ts";
import { EngineSocket } from "../../../src/websocket/engine-socket.ts";

/** An engine's end that writes down what it is asked. */
class FakeEngine implements EngineWebSocket {
  calls: unknown[][] = [];
  bufferedAmount = 0;
  events!: WebSocketEvents;
  send(...call: unknown[]): void {
    this.calls.push(["send", ...call]);
  }
  ping(...call: unknown[]): void {
    this.calls.push(["ping", ...call]);
  }
  close(...call: [number, string]): void {
    this.calls.push(["close", ...call]);
    this.events.closed(...call);
  }
  terminate(): void {
    this.calls.push(["terminate"]);
    this.events.closed(1006, "");
  }
}

function opened(maxBackpressure = 0): { engine: FakeEngine; socket: EngineSocket } {
  const engine = new FakeEngine();
  const exchange = {
    acceptWebSocket: (_agreement: unknown, events: WebSocketEvents) => Object.assign(engine, { events }),
  } as unknown as WebSocketExchange;
  const socket = EngineSocket.accept(exchange, { headers: [], protocol: "", compression: true }, maxBackpressure)!;
  return { engine, socket };
}

test("sends text and bytes of all kinds; only long messages are compressed", () => {
  const { engine, socket } = opened();
  socket.send("text", { binary: false, compress: true });
  socket.send("x".repeat(1024), { binary: false, compress: true });
  socket.send(new Uint16Array([1]), { binary: true });
  socket.send(new Uint8Array([1, 2]).buffer);
  expect(engine.calls).toEqual([
    ["send", "text", false, false],
    ["send", "x".repeat(1024), false, true],
    ["send", new Uint8Array([1, 0]), true, false],
    ["send", Buffer.from([1, 2]), true, false],
  ]);
});

test("hooks hear of the end after the call that brought it, and once", async () => {
  const { socket } = opened();
  const closed = vi.fn<(code: number, reason: Buffer) => void>();
  socket.on("close", closed);
  socket.close(4000, "done");
  expect(closed).not.toHaveBeenCalled();
  await turn();
  expect(closed).toHaveBeenCalledExactlyOnceWith(4000, Buffer.from("done"));
  expect(socket.readyState).toBe(3);
});

test("a closed one takes every call and does nothing", async () => {
  const { engine, socket } = opened();
  socket.terminate();
  await turn();
  engine.calls = [];
  socket.send("x");
  socket.ping();
  socket.close();
  socket.close(1000, "again");
  socket.terminate();
  expect(engine.calls).toEqual([]);
  expect(socket.bufferedAmount).toBe(0);
});

test("works through the Proxy that applications are given as peer.websocket", () => {
  const { engine, socket } = opened();
  const shown = new Proxy(socket, { get: (target, name): unknown => Reflect.get(target, name) });
  shown.send("x");
  shown.ping();
  expect(shown.bufferedAmount).toBe(0);
  shown.close(4000);
  expect(engine.calls.map(([name]) => name)).toEqual(["send", "ping", "close"]);
});

test("what must not go on the wire is thrown at the application", () => {
  const { engine, socket } = opened();
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN]) {
    expect(() => socket.close(code)).toThrow(TypeError);
  }
  expect(() => socket.close(1000, "é".repeat(62))).toThrow(RangeError);
  expect(() => socket.ping("x".repeat(126))).toThrow(RangeError);
  expect(engine.calls).toEqual([]);
});

test("more than the limit waiting: the peer is cut at the next message, not at the one that filled the queue", () => {
  const { engine, socket } = opened(1000);
  const overflow = vi.fn<() => void>();
  socket.on("overflow", overflow);
  socket.send("fills");
  engine.bufferedAmount = 1000;
  socket.send("fits");
  engine.bufferedAmount = 1001;
  socket.send("too much");
  expect(engine.calls.map(([name, data]) => [name, data])).toEqual([
    ["send", "fills"],
    ["send", "fits"],
    ["terminate", undefined],
  ]);
  expect(overflow).toHaveBeenCalledOnce();
});

test("bytes that come in are the receiver's to keep", () => {
  const { engine, socket } = opened();
  const received: Buffer[] = [];
  socket.on("message", (data: Buffer) => received.push(data));
  const theirs = Buffer.from([1, 2, 3]);
  engine.events.message(theirs, true);
  theirs.fill(0);
  expect(received).toEqual([Buffer.from([1, 2, 3])]);
});
