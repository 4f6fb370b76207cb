/** The cap on open connections, and want of descriptors: what is not accepted waits, and is served in the end. */

import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { backlogOf } from "../support/backlog.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { RawClient, request } from "../support/raw-client.ts";

const LAB = "process-lab.mjs";

async function start(...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app: LAB, args: ["-k", "async", "--keep-alive", "10", ...args] });
  await server.waitFor(/ready after/);
  return server;
}

/** Clients that have connected and asked, whether they were accepted or not. */
async function ask(port: number, count: number, path = "/pid"): Promise<RawClient[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = await RawClient.connect(port);
      onTestFinished(() => client.destroy());
      await client.send(request(`GET ${path}`));
      return client;
    }),
  );
}

const answered = (clients: readonly RawClient[]): RawClient[] => clients.filter((client) => client.pending.length > 0);

/** Reads every answer; a client leaves when it has its own, which makes room for another. */
async function serveAll(clients: readonly RawClient[]): Promise<string[]> {
  return Promise.all(
    clients.map(async (client) => {
      const { status, body } = await client.read("GET", 20_000);
      expect(status).toBe(200);
      client.destroy();
      return body.toString();
    }),
  );
}

describe.each(["uws", "llhttp"])("on %s", (engine) => {
  test("three times the cap: that many are held, the rest waits in the backlog, and all are served", async () => {
    const cap = 20;
    const server = await start("-w", "1", "--worker-connections", String(cap), "--http-engine", engine);
    const clients = await ask(server.port, 3 * cap);
    await poll(() => answered(clients).length === cap && backlogOf(server.port) === 2 * cap);
    const [first] = answered(clients);
    first!.destroy();
    const rest = clients.filter((client) => client !== first);
    // Room for one is room for one.
    await poll(() => answered(rest).length === cap && backlogOf(server.port) === 2 * cap - 1);
    expect(new Set(await serveAll(rest))).toEqual(new Set([String(server.workers[0])]));
    expect(backlogOf(server.port)).toBe(0);
    expect(server.output).not.toMatch(/WARNING|ERROR|CRITICAL/);
  });

  test("a worker at its cap leaves connections to another, which fills up too before any waits", async () => {
    const cap = 10;
    const server = await start("-w", "2", "--worker-connections", String(cap), "--http-engine", engine);
    const clients = await ask(server.port, 6 * cap);
    await poll(() => answered(clients).length === 2 * cap && backlogOf(server.port) === 4 * cap);
    const pids = await serveAll(clients);
    expect(new Set(pids)).toEqual(new Set(server.workers.map(String)));
  });

  test("requests never run more at one time than connections may be open", async () => {
    const server = await start("-w", "1", "--worker-connections", "5", "--http-engine", engine);
    const reports = (await serveAll(await ask(server.port, 40, "/sleep?ms=20"))).map(
      (body) => (JSON.parse(body) as { most: number }).most,
    );
    expect(Math.max(...reports)).toBe(5);
  });

  test("without a free descriptor connections wait, which is logged once, and are served as others close", async () => {
    const server = await start("-w", "1", "--http-engine", engine);
    const limit = limitDescriptors(server.workers[0]!, 5);
    const clients = await ask(server.port, 20);
    await server.waitFor(/Cannot accept connections: EMFILE, .*ulimit -n/);
    await poll(() => answered(clients).length > 0 && answered(clients).length + backlogOf(server.port) === 20);
    expect(answered(clients).length).toBeLessThanOrEqual(limit);
    await serveAll(clients);
    expect([...server.output.matchAll(/Cannot accept/g)]).toHaveLength(1);
    expect(server.workers).toHaveLength(1);
  });
});

test.each(["async", "sync"])(
  "%s: once there are descriptors again, nobody has to leave for the rest to be served",
  async (workerClass) => {
    const server = await start("-w", "1", "-k", workerClass);
    limitDescriptors(server.workers[0]!, workerClass === "sync" ? 0 : 3);
    const clients = await ask(server.port, 8);
    await server.waitFor(/Cannot accept connections: EMFILE/);
    limitDescriptors(server.workers[0]!, 1000);
    await poll(() => answered(clients).length === 8);
  },
);

// --- internal ---

/** Lets a process open `more` files beyond those it has open now. Returns how many. */
function limitDescriptors(pid: number, more: number): number {
  const open = readdirSync(`/proc/${pid}/fd`).map(Number);
  // The limit is on the number of the descriptor, and the lowest free one is taken: holes count.
  let limit = 0;
  for (let free = 0; free < more || open.includes(limit); limit++) if (!open.includes(limit)) free++;
  execFileSync("prlimit", ["--pid", String(pid), `--nofile=${limit}:`]);
  return more;
}
