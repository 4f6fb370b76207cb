/** Lines on their way to daemons that stop reading, go away, come back, or cannot be found: nothing waits, little is kept, and what is lost is counted. */

import { createSocket } from "node:dgram";
import dns from "node:dns/promises";
import { syncBuiltinESMExports } from "node:module";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { parseSyslogAddress } from "../../../src/base/syslog.ts";
import { udpDatagrams } from "../../../src/net/datagrams.ts";
import { openTransport } from "../../../src/net/syslog-transport.ts";
import { poll } from "../../support/poll.ts";

// Not by vi.mock(): other files of this process may have loaded who looks up.
const addressOf = vi.spyOn(dns, "lookup");
syncBuiltinESMExports();
const LOOKED_UP = { address: "127.0.0.1", family: 4 };

beforeEach(() => void addressOf.mockReset());
afterAll(() => {
  addressOf.mockRestore();
  syncBuiltinESMExports();
});

class Losses {
  lines = 0;
  reasons = new Set<string>();
  readonly note = (lines: number, why: string): void => {
    this.lines += lines;
    this.reasons.add(why);
  };
}

/** A daemon on a stream, that can stop reading, hang up, and go away. */
async function startDaemon(port = 0) {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  let deaf = false;
  const server = createServer((socket) => {
    let text = "";
    sockets.add(socket);
    if (deaf) socket.pause();
    socket.on("data", (chunk) => {
      const all = (text + chunk.toString()).split("\n");
      text = all.pop()!;
      lines.push(...all);
    });
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const end = async (): Promise<void> => {
    for (const socket of sockets) socket.resetAndDestroy();
    await new Promise((done) => server.close(done));
  };
  onTestFinished(end);
  return {
    port: (server.address() as AddressInfo).port,
    lines,
    end,
    hear: (listens: boolean) => {
      deaf = !listens;
      for (const socket of sockets)
        if (listens) socket.resume();
        else socket.pause();
    },
  };
}

test("a daemon that stops reading and goes on gets every line that was not counted as lost, in order", async () => {
  const daemon = await startDaemon();
  daemon.hear(false);
  const losses = new Losses();
  const transport = openTransport(parseSyslogAddress(`tcp://127.0.0.1:${daemon.port}`), losses.note);
  const padding = "x".repeat(1000);
  let sent = 0;
  // More than the kernel and we take.
  await poll(
    () => {
      for (let i = 0; i < 1000; i++) transport.send(`${sent++} ${padding}`);
      return losses.lines > 0;
    },
    { interval: 1 },
  );
  expect([...losses.reasons].every((why) => /it is slow|not connected yet/.test(why))).toBe(true);
  daemon.hear(true);
  await poll(() => daemon.lines.length === sent - losses.lines, { what: () => `${daemon.lines.length} of ${sent}` });
  transport.send("the last");
  await transport.close();
  await poll(() => daemon.lines.at(-1) === "the last");
  const numbers = daemon.lines.slice(0, -1).map((line) => Number.parseInt(line));
  expect(numbers.every((number, at) => at === 0 || number > numbers[at - 1]!)).toBe(true);
});

test("lines are kept for a daemon that went away until it is back, and those that were under way are counted", async () => {
  const daemon = await startDaemon();
  const losses = new Losses();
  const transport = openTransport(parseSyslogAddress(`tcp://127.0.0.1:${daemon.port}`), losses.note);
  transport.send("first");
  await poll(() => daemon.lines.length === 1);
  daemon.hear(false);
  // Until the kernel takes no more, and some is left with the socket.
  const padding = "x".repeat(15_000);
  for (let i = 0; i < 300; i++) transport.send(padding);
  await poll(() => (transport.send(padding), losses.reasons.has("it is slow")), { interval: 1 });
  const slow = losses.lines;
  await daemon.end();
  await poll(() => losses.lines > slow);
  expect(losses.reasons).toContain("the connection ended");
  transport.send("later");
  const successor = await startDaemon(daemon.port);
  await poll(() => successor.lines.includes("later") || (transport.send("later"), false), { interval: 50 });
  await transport.close();
});

test("a name is looked up once at a time, and an end does not wait for it", async () => {
  addressOf.mockReturnValue(new Promise(() => {}) as never);
  const losses = new Losses();
  const transport = udpDatagrams("statsd.example", 8125, losses.note);
  for (let i = 0; i < 1500; i++) transport.send("line");
  expect(addressOf).toHaveBeenCalledTimes(1);
  expect(losses.lines).toBe(500);
  const began = performance.now();
  await transport.close();
  expect(performance.now() - began).toBeLessThan(4000);
  expect(losses.lines).toBe(1500);
});

test("a name that has another address by now is followed, and one that cannot be found keeps the last", async () => {
  const lines: string[] = [];
  const listen = async (address: string, port: number): Promise<number> => {
    const socket = createSocket("udp4").on("message", (line) => lines.push(`${address} ${line.toString()}`));
    await new Promise<void>((done) => socket.bind(port, address, done));
    onTestFinished(() => void socket.close());
    return socket.address().port;
  };
  const port = await listen("127.0.0.1", 0);
  await listen("127.0.0.2", port);
  addressOf.mockResolvedValueOnce(LOOKED_UP as never);
  addressOf.mockRejectedValueOnce(Object.assign(new Error(), { code: "ENOTFOUND" }));
  addressOf.mockResolvedValue({ ...LOOKED_UP, address: "127.0.0.2" } as never);
  const losses = new Losses();
  const transport = udpDatagrams("statsd.example", port, losses.note, 20);
  const heard = (text: string) => poll(() => lines.includes(text) || (transport.send("line"), false), { interval: 30 });
  await heard("127.0.0.1 line");
  await heard("127.0.0.2 line");
  expect(addressOf.mock.calls.length).toBeGreaterThan(2);
  expect(losses.lines).toBe(0);
  await transport.close();
});

test("a single datagram that nobody takes is told of", async () => {
  const holder = createSocket("udp4");
  await new Promise<void>((done) => holder.bind(0, "127.0.0.1", done));
  const { port } = holder.address();
  await new Promise<void>((done) => holder.close(done));
  const losses = new Losses();
  const transport = udpDatagrams("127.0.0.1", port, losses.note);
  transport.send("line");
  await poll(() => losses.lines === 1);
  expect([...losses.reasons]).toEqual(["ECONNREFUSED"]);
  await transport.close();
});
