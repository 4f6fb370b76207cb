import { connect as connectSocket } from "node:net";
import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { residentMiB, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { open } from "../support/websocket-client.ts";

async function logOf(server: Junicorn): Promise<string[]> {
  return JSON.parse((await ask(server.port, "/log")).body) as string[];
}

describe.each(["uws", "llhttp"])("WebSocket limits on %s", (engine) => {
  const start = (...args: string[]): Promise<Junicorn> =>
    startJunicorn({ app: "websocket.mjs", args: ["-k", "async", "--http-engine", engine, ...args] });

  test("a message over ws_max_payload closes with 1009, one of that size does not", async () => {
    const server = await start("--ws-max-payload", "1000");
    const client = await open(server.port);
    expect(await client.ask("x".repeat(1000))).toHaveLength(1000);
    client.socket.send("x".repeat(1001));
    expect((await client.end()).code).toBe(1009);

    const piecewise = await open(server.port);
    piecewise.socket.send("x".repeat(600), { fin: false });
    piecewise.socket.send("x".repeat(600), { fin: true });
    expect((await piecewise.end()).code).toBe(1009);

    const huge = await open(server.port);
    huge.socket.send("x".repeat(20_000_000));
    expect([1006, 1009]).toContain((await huge.end()).code);
    const told = async (line: string): Promise<boolean> =>
      (await logOf(server)).filter((each) => each.startsWith(line)).length === 3;
    await poll(() => told("error"));
    await poll(() => told("close 1009"));
  });

  test("compression is agreed upon only with ws_compression; a bomb is cut at ws_max_payload", async () => {
    const plain = await start();
    expect((await open(plain.port)).socket.extensions).toBe("");

    const server = await start("--ws-compression", "--ws-max-payload", "2000000");
    const client = await open(server.port);
    expect(client.socket.extensions).toContain("permessage-deflate");
    const message = "abc ".repeat(250_000);
    const before = bytesRead(client.socket);
    expect(await client.ask(message)).toBe(message);
    expect(bytesRead(client.socket) - before).toBeLessThan(50_000);
    expect(await client.ask("short")).toBe("short");

    client.socket.send("x".repeat(100_000_000)); // some 100 KB on the wire
    expect([1006, 1009]).toContain((await client.end()).code);
    const unable = await open(server.port, "/", [], { perMessageDeflate: false });
    expect(await unable.ask(message)).toBe(message);
  });

  test("a peer that answers pings lives on, one that is silent is cut", async () => {
    const server = await start("--ws-idle-timeout", "0.6", "--ws-ping-interval", "0.15");
    const alive = await open(server.port);
    const silent = await open(server.port, "/", [], { autoPong: false });
    expect((await silent.end()).code).toBe(1006);
    expect(silent.pings).toBeGreaterThan(0);
    await poll(() => alive.pings >= 6);
    expect(await alive.ask("alive")).toBe("alive");
    expect((await logOf(server)).filter((line) => line.startsWith("pong"))).toEqual([]);
  });

  test("without pings, what an app calls idle is closed; with neither nothing is", async () => {
    const server = await start("--ws-idle-timeout", "0.3", "--ws-ping-interval", "0");
    const client = await open(server.port);
    expect((await client.end()).code).toBe(1006);
    expect(client.pings).toBe(0);
  });

  test("a receiver that does not read is cut at ws_max_backpressure, before it takes the worker's memory", async () => {
    const server = await start("--ws-max-backpressure", "2000000");
    const stalled = await open(server.port);
    const before = residentMiB(server.workers[0]!);
    stalled.socket.pause();
    stalled.socket.send("/flood 200");
    await server.waitFor(/Cut a WebSocket whose client reads too slowly: more than 2000000 bytes/);
    expect(residentMiB(server.workers[0]!) - before).toBeLessThan(100);
    await poll(async () => (await logOf(server)).includes("close 1006"));
    expect(await (await open(server.port)).ask("others")).toBe("others");
  });

  test("a slow receiver within the limit is told of by bufferedAmount, and by drain once it has caught up", async () => {
    const server = await start();
    const client = await open(server.port);
    client.socket.pause();
    client.socket.send("/pressure 12");
    await poll(async () => (await logOf(server)).includes("buffered true"));
    client.socket.resume();
    for (let i = 0; i < 12; i++) expect(await client.next()).toHaveLength(1 << 20);
    await poll(async () => (await logOf(server)).includes("drain"));
  });

  test("clients that vanish in the middle of everything leave nothing behind", async () => {
    const server = await start();
    const clients = await Promise.all(Array.from({ length: 20 }, () => open(server.port, "/room")));
    for (const client of clients) client.socket.send("/subscribe all");
    for (const client of clients) {
      client.socket.send("x".repeat(300_000), { fin: false });
      client.socket.terminate();
    }
    const raw = connectSocket(server.port, "127.0.0.1");
    raw.on("error", () => {});
    raw.end("GET / HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n");
    await poll(async () => (await logOf(server)).filter((line) => line === "close 1006").length === 20);
    expect(await (await open(server.port, "/room")).ask("/peers")).toBe("1");
  });
});

function bytesRead(socket: unknown): number {
  return (socket as { _socket: { bytesRead: number } })._socket.bytesRead;
}
