import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { RawClient } from "../support/raw-client.ts";
import { open } from "../support/websocket-client.ts";

const HANDSHAKE =
  "GET / HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

describe.each(["uws", "llhttp"])("stopping with open WebSockets on %s", (engine) => {
  const start = (...args: string[]): Promise<Junicorn> =>
    startJunicorn({ app: "websocket.mjs", args: ["-k", "async", "--http-engine", engine, ...args] });

  test("a graceful stop closes them with 1001, spread over the grace period and within it", async () => {
    const server = await start("--graceful-timeout", "3");
    const clients = await Promise.all(Array.from({ length: 40 }, () => open(server.port, "/room")));
    const times: number[] = [];
    const began = performance.now();
    for (const client of clients) client.socket.once("close", () => times.push(performance.now() - began));
    server.signal("SIGTERM");
    for (const client of clients) expect(await client.end()).toEqual({ code: 1001, reason: "" });
    expect(await server.exited()).toMatchObject({ code: 0 });
    await server.waitFor(/closes 40 WebSocket\(s\) within 3 s/);
    expect(server.output).not.toMatch(/still open after/);

    times.sort((a, b) => a - b);
    expect(times.at(-1)).toBeLessThan(3000);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(1500);
    const steps = times.slice(1).map((time, i) => time - times[i]!);
    expect(Math.max(...steps)).toBeLessThan(500);
  });

  test("a few do not hold the stop up, and are served until they are told", async () => {
    const server = await start("--graceful-timeout", "20");
    const client = await open(server.port);
    const began = performance.now();
    server.signal("SIGTERM");
    expect((await client.end()).code).toBe(1001);
    await server.exited();
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test("a peer that never answers the goodbye is cut when time is up", async () => {
    const server = await start("--graceful-timeout", "1");
    const mute = await RawClient.connect(server.port);
    await mute.send(HANDSHAKE);
    expect((await mute.read()).status).toBe(101);
    server.signal("SIGTERM");
    expect(await server.exited()).toMatchObject({ code: 0 });
    await poll(() => mute.ended || mute.error !== null);
    expect(mute.pending.subarray(0, 4)).toEqual(Buffer.from([0x88, 0x02, 0x03, 0xe9]));
    mute.destroy();
  });

  test("a quick stop tells all at once, and waits for none", async () => {
    const server = await start("--graceful-timeout", "20");
    const clients = await Promise.all(Array.from({ length: 30 }, () => open(server.port)));
    server.signal("SIGINT");
    for (const client of clients) expect((await client.end(5000)).code).toBe(1001);
    expect(await server.exited(5000)).toMatchObject({ code: 0 });
  });

  test("a worker that is replaced after an uncaught error says 1012: come back at once", async () => {
    const server = await start();
    const client = await open(server.port);
    client.socket.send("/crash");
    expect((await client.end()).code).toBe(1012);
    await poll(
      () =>
        open(server.port).then(
          () => true,
          () => false,
        ),
      { what: "the successor" },
    );
  });

  test("a reload says 1012, too: the new workers take over at once", async () => {
    const server = await start();
    await server.waitFor(/ready after/);
    const client = await open(server.port);
    server.signal("SIGHUP");
    expect((await client.end()).code).toBe(1012);
    expect(await (await open(server.port)).ask("again")).toBe("again");
  });

  test("WebSockets that are gone do not make a stop wait for an idle connection", async () => {
    const server = await start("--keep-alive", "9");
    for (const end of ["/close", "/terminate"]) {
      const client = await open(server.port);
      client.socket.send(end);
      await client.end();
    }
    const kept = await RawClient.connect(server.port);
    await kept.send("GET /a HTTP/1.1\r\nHost: t\r\n\r\n");
    expect((await kept.read()).status).toBe(200);
    const began = performance.now();
    server.signal("SIGTERM");
    await kept.closed();
    await server.exited();
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test("plain requests are served to their end while WebSockets are told", async () => {
    const server = await start("--graceful-timeout", "5");
    const sockets = await Promise.all(Array.from({ length: 10 }, () => open(server.port, "/room")));
    const slow = RawClient.connect(server.port).then(async (client) => {
      await client.send("GET /sleep HTTP/1.1\r\nHost: t\r\n\r\n");
      return client.read();
    });
    await poll(async () => (await ask(server.port, "/log")).body.includes("sleeping"));
    server.signal("SIGTERM");
    expect((await slow).body.toString()).toBe("slept");
    for (const { code } of await Promise.all(sockets.map((client) => client.end()))) expect(code).toBe(1001);
    expect(await server.exited()).toMatchObject({ code: 0 });
  });

  test("a WebSocket counts as a connection: at worker_connections the next one waits", async () => {
    const server = await start("--worker-connections", "2");
    const first = await open(server.port);
    await open(server.port);
    let isOpen = false;
    const third = open(server.port).then((client) => {
      isOpen = true;
      return client;
    });
    for (let i = 0; i < 50; i++) await first.ask(`turn ${i}`);
    expect(isOpen).toBe(false);
    first.socket.close();
    expect(await (await third).ask("in")).toBe("in");
  });
});
