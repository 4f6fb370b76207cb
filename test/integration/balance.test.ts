/** How new connections spread over workers: seen from outside, by the pid that answers. */

import { describe, expect, onTestFinished, test } from "vitest";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { RawClient, request } from "../support/raw-client.ts";

const LAB = "process-lab.mjs";

async function start(...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app: LAB, args: ["-k", "async", "--keep-alive", "10", ...args] });
  await server.waitFor(/ready after/);
  return server;
}

async function connect(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  onTestFinished(() => client.destroy());
  return client;
}

/** Which worker has this connection. */
async function pidOf(client: RawClient): Promise<number> {
  await client.send(request("GET /pid"));
  return Number((await client.read()).body);
}

async function open(port: number, count: number): Promise<{ client: RawClient; pid: number }[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = await connect(port);
      return { client, pid: await pidOf(client) };
    }),
  );
}

function countBy(pids: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const pid of pids) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  return counts;
}

describe.each([
  ["async on uws", ["--http-engine", "uws"]],
  ["async on llhttp", ["--http-engine", "llhttp"]],
  ["gthread", ["-k", "gthread", "--threads", "2"]],
])("%s", (_name, args) => {
  // Which worker the kernel lets run is part of what is measured: a machine that has other things to do may spoil a try.
  test("400 keep-alive connections that arrive at once spread evenly over four workers", { retry: 2 }, async () => {
    const server = await start("-w", "4", ...args);
    const held = countBy((await open(server.port, 400)).map(({ pid }) => pid));
    expect(held.size).toBe(4);
    expect(Math.max(...held.values())).toBeLessThanOrEqual(1.5 * 100);
  });

  test("connections that come one after another are dealt out in turn", async () => {
    const server = await start("-w", "4", ...args);
    const pids: number[] = [];
    for (let i = 0; i < 40; i++) pids.push(...(await open(server.port, 1)).map(({ pid }) => pid));
    expect([...countBy(pids).values()]).toEqual([10, 10, 10, 10]);
  });
});

test.each(["uws", "llhttp"])(
  "%s: while some workers serve long requests, new connections go to the others",
  { retry: 2 },
  async (engine) => {
    const server = await start("-w", "4", "--http-engine", engine);
    const held = await open(server.port, 40);
    const busy = server.workers.slice(0, 2);
    const long = held.filter(({ pid }) => busy.includes(pid));
    await Promise.all(long.map(({ client }) => client.send(request("GET /announced-sleep?ms=20000"))));
    await poll(() => [...server.output.matchAll(/handling/g)].length === long.length);
    const short = await open(server.port, 10);
    expect(short.map(({ pid }) => pid).filter((pid) => busy.includes(pid))).toEqual([]);
  },
);

test("connections left to a worker that is frozen are taken by another", async () => {
  const server = await start("-w", "2");
  const held = await open(server.port, 10);
  const [frozen, awake] = server.workers as [number, number];
  // The frozen one is the less busy of the two, so that connections are left to it.
  for (const { client, pid } of held) if (pid === frozen) client.destroy();
  process.kill(frozen, "SIGSTOP");
  try {
    const pids = (await open(server.port, 30)).map(({ pid }) => pid);
    expect([...countBy(pids).keys()]).toEqual([awake]);
  } finally {
    process.kill(frozen, "SIGCONT");
  }
});

test("a worker that was added takes its share of what comes", async () => {
  const server = await start("-w", "1");
  const held = countBy((await open(server.port, 10)).map(({ pid }) => pid));
  server.signal("SIGTTIN");
  await server.waitForWorkers(2);
  const [first, added] = server.workers as [number, number];
  const one = async (): Promise<void> => {
    const pid = (await open(server.port, 1))[0]!.pid;
    held.set(pid, (held.get(pid) ?? 0) + 1);
  };
  // It takes a moment until the first knows of it; then it is left everything, until it has caught up.
  await poll(async () => {
    await one();
    return held.get(added) === held.get(first);
  });
  for (let i = 0; i < 10; i++) await one();
  expect(held.get(added)).toBe(held.get(first));
});
