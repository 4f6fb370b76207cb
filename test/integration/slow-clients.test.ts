/** Bodies that are too large or never end, answers that nobody takes: bounded in every class, and no harm to others. */

import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { RawClient, request } from "../support/raw-client.ts";

const CLASSES = [["sync"], ["async", "--http-engine", "llhttp"], ["async", "--http-engine", "uws"], ["gthread"]];
const FULL = process.env["JUNICORN_FULL_TESTS"] === "1";
/** As the issue has it, and what is enough to see it hold. */
const CROWD = FULL ? { slowloris: 2000, deaf: 500 } : { slowloris: 300, deaf: 60 };

describe.each(CLASSES)("%s %s %s", (...name) => {
  const start = (...args: string[]): Promise<Junicorn> =>
    startJunicorn({ app: "slow-lab.mjs", args: ["-k", ...name.filter((part) => part !== undefined), ...args] });
  const uws = name.includes("uws");

  test("a body over the limit is a 413, declared or in chunks, and one at the limit is not", async () => {
    const server = await start("--limit-request-body", "1000");
    const declared = await RawClient.connect(server.port);
    await declared.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    expect((await declared.read()).status).toBe(413);
    await server.waitFor(/\[WARNING\] Invalid request from 127\.0\.0\.1.*413 .*limit_request_body \(body-too-large\)/);
    const chunked = await RawClient.connect(server.port);
    const head = "POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    await chunked.send(`${head}3e8\r\n${"x".repeat(1000)}\r\n`);
    await chunked.send("5\r\nhello\r\n");
    expect((await chunked.read()).status).toBe(413);
    expect(await chunked.closed()).toBe(true);
    const fits = await RawClient.connect(server.port);
    await fits.send(request("POST /read", {}, "x".repeat(1000)));
    expect(await fits.read()).toMatchObject({ status: 200 });
    const pieces = await RawClient.connect(server.port);
    await pieces.send(`${head}3e8\r\n${"x".repeat(1000)}\r\n0\r\n\r\n`);
    expect((await pieces.read()).status).toBe(200);
  });

  // uWebSockets has limits of its own, of 10 s.
  test.skipIf(uws)("a body that stops coming is a 408, one that trickles is not", async () => {
    const server = await start("--body-timeout", "0.6", "-w", "2");
    const stopped = await RawClient.connect(server.port);
    await stopped.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
    const trickling = await RawClient.connect(server.port);
    await trickling.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
    const dripped = (async () => {
      for (const byte of "abcdef") {
        await new Promise((resolve) => setTimeout(resolve, 250));
        await trickling.send(byte);
      }
    })();
    expect((await stopped.read()).status).toBe(408);
    await dripped;
    expect(await trickling.read()).toMatchObject({ status: 200 });
  });

  test.skipIf(uws).each(["/big", "/whole"])("a client that takes nothing of %s is cut", async (path) => {
    const server = await start("--write-timeout", "0.6");
    const deaf = await RawClient.connect(server.port);
    deaf.socket.pause();
    await deaf.send(request(`GET ${path}`));
    // A sync worker is free again when the client has been cut.
    expect((await ask(server.port, "/")).body).toBe("hello");
    const sockets = new Set([deaf.socket.localPort]);
    await poll(async () => (await connectionsOf(server.port, sockets)) === 0, {
      what: () => "the connection to be cut",
    });
  });

  test("crowds that dawdle keep nobody else from being served", { timeout: 60_000 }, async () => {
    const args = [
      "--worker-connections",
      "3000",
      "--write-timeout",
      "1",
      "--header-timeout",
      "5",
      "--threads",
      "1",
      "-w",
      "2",
    ];
    const server = await start(...args);
    const idle: RawClient[] = [];
    for (let i = 0; i < CROWD.slowloris; i++) {
      const client = await RawClient.connect(server.port);
      await client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");
      idle.push(client);
    }
    const took = performance.now();
    for (let i = 0; i < 20; i++) expect((await ask(server.port, "/")).body).toBe("hello");
    expect(performance.now() - took).toBeLessThan(5000);
    // A sync worker, and a thread, are their client's until the kernel has the answer: a large one costs them a write time-out.
    const path = name[0] === "async" ? "/big" : "/medium";
    for (let i = 0; i < CROWD.deaf; i++) {
      const client = await RawClient.connect(server.port);
      client.socket.pause();
      await client.send(request(`GET ${path}`));
      idle.push(client);
    }
    for (let i = 0; i < 20; i++) expect((await ask(server.port, "/")).body).toBe("hello");
    for (const client of idle) client.destroy();
  });
});

/** Connections to `port` from these ports of ours that the kernel still has as established. */
async function connectionsOf(port: number, from: ReadonlySet<number | undefined>): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const lines = (await readFile("/proc/net/tcp", "utf8")).split("\n").slice(1);
  return lines.filter((line) => {
    const [, local = "", remote = "", state] = line.trim().split(/\s+/);
    const portOf = (text: string): number => Number.parseInt(text.split(":")[1] ?? "", 16);
    return state === "01" && portOf(local) === port && from.has(portOf(remote));
  }).length;
}
