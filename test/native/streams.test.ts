/** Streams over real sockets: order, backpressure, half-close, reset, closing inside callbacks, reuse of ids. */

import { createHash } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import type net from "node:net";
import { constants } from "node:os";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { native, StreamEvent, type Streams } from "../../src/native.ts";
import { poll } from "../support/poll.ts";
import { connectedPair, readAll } from "./sockets.ts";

interface Seen {
  id: number;
  event: number;
  value: number;
  text: string;
}

const { ECONNRESET, EFAULT, EPIPE } = constants.errno;

type Handler = (seen: Seen, streams: Streams) => void;

let streams: Streams;
let seen: Seen[];
let handler: Handler;
const open = new Set<number>();

beforeEach(() => {
  seen = [];
  handler = () => {};
  streams = new (native().Streams)((id, event, value) => {
    const text =
      event === StreamEvent.READ ? Buffer.from(streams.readBuffer.subarray(0, value)).toString("latin1") : "";
    seen.push({ id, event, value, text });
    if (event === StreamEvent.ERROR) open.delete(id);
    handler(seen.at(-1)!, streams);
  });
});

afterEach(() => {
  for (const id of open) streams.close(id);
  open.clear();
});

async function connect(): Promise<{ id: number; socket: net.Socket }> {
  const { fd, socket } = await connectedPair();
  onTestFinished(() => void socket.destroy());
  const id = streams.open(fd);
  open.add(id);
  return { id, socket };
}

function close(id: number, reset?: boolean): void {
  open.delete(id);
  streams.close(id, reset);
}

const event = (kind: number, id: number) => (): Seen | undefined =>
  seen.find((entry) => entry.event === kind && entry.id === id);

describe("reading and writing", () => {
  it("echoes", async () => {
    const { id, socket } = await connect();
    handler = ({ text }) => void streams.write(id, text, null);
    socket.write("hello");
    const [chunk] = await new Promise<Buffer[]>((resolve) => socket.once("data", (data) => resolve([data])));
    expect(chunk?.toString()).toBe("hello");
  });

  it("sends a latin-1 head, a UTF-8 body and a tail in that order", async () => {
    const { id, socket } = await connect();
    expect(streams.write(id, "h\xe9ad ", "b\u00f6dy \u20ac ", "t\xe4il")).toBe(0);
    expect(streams.write(id, " ", Buffer.from([0, 255]), "\r\n")).toBe(0);
    streams.shutdown(id);
    expect(await readAll(socket)).toBe(
      `h\xe9ad ${Buffer.from("b\u00f6dy \u20ac ").toString("latin1")}t\xe4il \0\xff\r\n`,
    );
  });

  it.each([0, 1, 65_530, 65_531, 65_535, 65_536, 65_537, 200_000, 3_000_000])(
    "encodes strings of %i characters whole",
    async (length) => {
      const { id, socket } = await connect();
      const text = "\u20ac".repeat(length);
      const received = readAll(socket);
      streams.write(id, "x".repeat(length), text, "y");
      streams.shutdown(id);
      const all = Buffer.from(await received, "latin1");
      expect(all.length).toBe(length + 3 * length + 1);
      expect(all.subarray(0, length).every((byte) => byte === 120)).toBe(true);
      expect(all.subarray(length, -1).toString() === text).toBe(true);
    },
  );

  it("delivers 64 MiB to a slow reader, in order, without holding all of it", async () => {
    const { id, socket } = await connect();
    const sent = createHash("sha256");
    let left = 64;
    let most = 0;
    const fill = (): void => {
      while (left > 0) {
        left--;
        const block = Buffer.alloc(1 << 20, left);
        const text = `${left} `.repeat(1000);
        sent.update(text).update(block).update("\r\n");
        const queued = streams.write(id, text, block, "\r\n");
        most = Math.max(most, queued);
        if (queued > 0) return;
      }
      streams.shutdown(id);
    };
    handler = ({ event: kind }) => {
      if (kind === StreamEvent.DRAIN) fill();
    };
    fill();
    const received = createHash("sha256");
    for await (const chunk of socket) {
      received.update(chunk as Buffer);
      if (Math.random() < 0.05) await new Promise(setImmediate);
    }
    expect(received.digest("hex")).toBe(sent.digest("hex"));
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(2 << 20);
    expect(streams.queued(id)).toBe(0);
  });

  it("reads nothing while paused", async () => {
    const { id, socket } = await connect();
    streams.pause(id);
    socket.write("later");
    await poll(() => streams.readable(id));
    await new Promise(setImmediate);
    expect(seen).toEqual([]);
    streams.resume(id);
    await poll(event(StreamEvent.READ, id));
    expect(seen[0]?.text).toBe("later");
    expect(streams.readable(id)).toBe(false);
  });
});

describe("the end of a connection", () => {
  it("a half-closed peer still gets its answer", async () => {
    const { id, socket } = await connect();
    socket.end("question");
    await poll(event(StreamEvent.END, id));
    expect(seen.map((entry) => entry.event)).toEqual([StreamEvent.READ, StreamEvent.END]);
    streams.write(id, "answer", null);
    streams.shutdown(id);
    expect(await readAll(socket)).toBe("answer");
  });

  it("shutdown waits for the queue", async () => {
    const { id, socket } = await connect();
    const body = Buffer.alloc(8 << 20, "x");
    expect(streams.write(id, "", body)).toBeGreaterThan(0);
    streams.shutdown(id);
    expect((await readAll(socket)).length).toBe(body.length);
    expect(() => streams.write(id, "more", null)).toThrow(/after shutdown/);
  });

  it("a reset is an ERROR, and the id is free afterwards", async () => {
    const { id, socket } = await connect();
    socket.resetAndDestroy();
    await poll(event(StreamEvent.ERROR, id));
    expect(seen.at(-1)).toMatchObject({ event: StreamEvent.ERROR, value: ECONNRESET });
    expect(() => streams.queued(id)).toThrow(RangeError);
  });

  it("a reset is noticed while paused, and after END", async () => {
    const paused = await connect();
    const ended = await connect();
    streams.pause(paused.id);
    ended.socket.end();
    await poll(event(StreamEvent.END, ended.id));
    // The peer has closed for good: what we send now is answered by RST.
    ended.socket.destroy();
    paused.socket.resetAndDestroy();
    await poll(() => {
      if (open.has(ended.id) && streams.write(ended.id, "x", null) < 0) open.delete(ended.id);
      return !open.has(paused.id) && !open.has(ended.id);
    });
  });

  it("does not spin once both sides have said FIN", async () => {
    const { id, socket } = await connect();
    streams.shutdown(id);
    socket.resume();
    socket.end();
    await poll(event(StreamEvent.END, id));
    const { user, system } = process.cpuUsage();
    const before = user + system;
    await new Promise((resolve) => setTimeout(resolve, 100));
    const after = process.cpuUsage();
    expect(after.user + after.system - before).toBeLessThan(60_000);
    expect(seen.map((entry) => entry.event)).toEqual([StreamEvent.END]);
  });

  it("close sends FIN, close with reset sends RST", async () => {
    const fin = await connect();
    const rst = await connect();
    const failure = new Promise<Error>((resolve) => rst.socket.once("error", resolve));
    rst.socket.resume();
    close(fin.id);
    close(rst.id, true);
    expect(await readAll(fin.socket)).toBe("");
    expect((await failure) as NodeJS.ErrnoException).toHaveProperty("code", "ECONNRESET");
  });

  it("writing to a connection that is gone returns the error, and closes", async () => {
    const { id, socket } = await connect();
    socket.resetAndDestroy();
    streams.pause(id);
    handler = () => expect.unreachable();
    // The RST may need a moment to arrive; no event loop turn reports it first.
    let result = 0;
    while (result >= 0) result = streams.write(id, "x", null);
    open.delete(id);
    expect([-ECONNRESET, -EPIPE]).toContain(result);
    expect(() => streams.queued(id)).toThrow(RangeError);
    await new Promise(setImmediate);
  });
});

describe("inside a callback", () => {
  it("a stream may close itself, and another take its id", async () => {
    const first = await connect();
    const second = await connectedPair();
    onTestFinished(() => void second.socket.destroy());
    let reused = -1;
    handler = ({ id, text }) => {
      if (text !== "close me") return;
      close(id);
      reused = streams.open(second.fd);
      open.add(reused);
      streams.write(reused, "yours now", null);
    };
    first.socket.write("close me");
    const [data] = await Promise.all([
      new Promise<Buffer>((resolve) => second.socket.once("data", resolve)),
      readAll(first.socket),
    ]);
    expect(data.toString()).toBe("yours now");
    expect(reused).toBe(first.id);
    second.socket.write("hello");
    await poll(() => seen.some((entry) => entry.text === "hello" && entry.id === reused));
  });

  it("all other streams may be closed", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, connect));
    handler = () => {
      for (const { id } of all) if (open.has(id)) close(id);
    };
    // Those whose "x" was not read yet are reset: closing means closing.
    const closed = all.map(({ socket }) => new Promise((resolve) => socket.once("close", resolve)));
    for (const { socket } of all) socket.resume().end("x");
    await Promise.all(closed);
    expect(seen).toHaveLength(1);
  });

  it("an exception is an uncaught one, and the stream goes on", async () => {
    const { id, socket } = await connect();
    const uncaught: unknown[] = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => uncaught.push(error));
    onTestFinished(() => {
      process.removeAllListeners("uncaughtException");
      for (const other of others) process.on("uncaughtException", other);
    });
    handler = () => {
      handler = () => {};
      throw new Error("from the callback");
    };
    socket.write("x");
    await poll(() => uncaught.length === 1);
    expect(uncaught[0]).toMatchObject({ message: "from the callback" });
    socket.write("y");
    await poll(() => seen.some((entry) => entry.text === "y" && entry.id === id));
  });
});

describe("fds", () => {
  it("detach gives the fd back, alive", async () => {
    const { id, socket } = await connect();
    const fd = streams.detach(id);
    open.delete(id);
    const again = streams.open(fd);
    open.add(again);
    streams.write(again, "still here", null);
    streams.shutdown(again);
    expect(await readAll(socket)).toBe("still here");
  });

  it("detach refuses while bytes are queued", async () => {
    const { id } = await connect();
    streams.write(id, "", Buffer.alloc(16 << 20));
    expect(() => streams.detach(id)).toThrow(/queued/);
  });

  it("no fd is left behind", async () => {
    const sockets = (): number =>
      readdirSync("/proc/self/fd").filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
        } catch {
          return false; // the fd of the listing itself
        }
      }).length;
    const before = sockets();
    for (let round = 0; round < 20; round++) {
      const { id, socket } = await connect();
      close(id, round % 2 === 0);
      socket.destroy();
      await new Promise((resolve) => socket.once("close", resolve));
    }
    await poll(() => sockets() <= before);
  });
});

describe("misuse throws", () => {
  it.each<[string, () => void, ErrorConstructor]>([
    ["an unknown id", () => streams.write(7, "x", null), RangeError],
    ["a negative id", () => streams.close(-1), RangeError],
    ["an id that is no number", () => streams.pause("0" as unknown as number), TypeError],
    ["a bad fd", () => streams.open(-1), Error],
    ["a file", () => streams.open(0.5), RangeError],
    ["no callback", () => new (native().Streams)(undefined as never), TypeError],
  ])("%s", (_what, action, type) => {
    expect(action).toThrow(type);
  });

  it("a head that is no string, a body that is neither string nor bytes", async () => {
    const { id } = await connect();
    expect(() => streams.write(id, 5 as never, null)).toThrow(TypeError);
    expect(() => streams.write(id, "", 5 as never)).toThrow(TypeError);
    expect(() => streams.write(id, "", new Uint16Array(2) as never)).toThrow(TypeError);
    expect(() => streams.write(id, "", null, 5 as never)).toThrow(TypeError);
  });

  it("a queued body that is detached ends the stream, not the process", async () => {
    const { id, socket } = await connect();
    const body = new Uint8Array(32 << 20);
    expect(streams.write(id, "", body)).toBeGreaterThan(0);
    structuredClone(body.buffer, { transfer: [body.buffer] });
    socket.resume();
    await poll(event(StreamEvent.ERROR, id));
    expect(seen.at(-1)?.value).toBe(EFAULT);
  });
});
