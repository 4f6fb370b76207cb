/** The gthread class: threads beside each other, one request each, and what stays alive whatever they do. */

import { expect, onTestFinished, test } from "vitest";
import { ask, type Answer } from "../support/ask.ts";
import { residentMiB, runJunicorn, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { mixedLoad } from "../support/mixed-load.ts";
import { poll } from "../support/poll.ts";
import { RawClient, request } from "../support/raw-client.ts";

async function start(...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app: "thread-lab.mjs", args: ["-k", "gthread", ...args] });
  await server.waitFor(/ready after/);
  return server;
}

async function connect(server: Junicorn): Promise<RawClient> {
  const client = await RawClient.connect(server.port);
  onTestFinished(() => client.destroy());
  return client;
}

const json = (answer: Answer): Record<string, unknown> => JSON.parse(answer.body) as Record<string, unknown>;

test("each thread loads the application once, and the application knows its thread and its request", async () => {
  const server = await start("--threads", "3");
  expect([...server.output.matchAll(/loaded in thread/g)]).toHaveLength(3);
  const seen = json(await ask(server.port, "/thread"));
  expect(seen["threadId"]).toBeGreaterThan(0);
  expect(seen["requestId"]).toMatch(new RegExp(`^${server.workers[0]}-1$`));
  expect(json(await ask(server.port, "/thread"))["requestId"]).toMatch(/-2$/);
});

test("threads compute at the same time, a thread serves one request at a time, and probes wait for neither", async () => {
  const server = await start("--threads", "2", "--health-path", "/healthz", "--access-logfile", "-");
  const asleep = Array.from({ length: 4 }, () => ask(server.port, "/sleep?ms=200"));
  expect((await Promise.all(asleep)).map((answer) => json(answer)["together"])).toEqual([1, 1, 1, 1]);

  const spinning = [1, 2].map(() => ask(server.port, "/say-and-spin?ms=1500"));
  const queued = ask(server.port, "/thread");
  await poll(() => new Set([...server.output.matchAll(/spinning in thread (\d+)/g)].map(([, id]) => id)).size === 2);
  let answered = false;
  void Promise.race([...spinning, queued]).then(() => (answered = true));
  for (let i = 0; i < 10; i++) expect((await ask(server.port, "/healthz")).status).toBe(200);
  expect(answered).toBe(false);
  expect(new Set((await Promise.all(spinning)).map((answer) => json(answer)["threadId"])).size).toBe(2);
  expect((await queued).status).toBe(200);
  await server.waitFor(/"GET \/thread/);
  expect(server.stdout).not.toContain("healthz");
});

test("once there is nothing to do, the worker gives memory back", async () => {
  const server = await start("--threads", "1");
  await Promise.all(Array.from({ length: 100 }, () => ask(server.port, "/thread")));
  const before = residentMiB(server.workers[0]!);
  await poll(() => residentMiB(server.workers[0]!) < before - 4, { what: "less memory" });
  expect((await ask(server.port, "/thread")).status).toBe(200);
});

test("load that returns while it does so loses nothing", async () => {
  const server = await startJunicorn({ app: "proxied.mjs", args: ["-k", "gthread", "--threads", "2"] });
  const resident = (): number => residentMiB(server.workers[0]!);
  for (let round = 0; round < 3; round++) {
    expect((await mixedLoad(server.port, { count: 1000 })).failures).toEqual([]);
    const loaded = resident();
    await poll(() => resident() < loaded - 1, { what: "a first thread that has given memory back" });
  }
  expect((await mixedLoad(server.port, { count: 1000 })).failures).toEqual([]);
});

test("a client with a hundred requests under way does not keep another waiting behind all of them", async () => {
  const server = await start("--threads", "1");
  const greedy = await connect(server);
  await greedy.send(request("GET /spin?ms=20").repeat(100));
  await greedy.read();
  expect((await ask(server.port, "/thread")).status).toBe(200);
  const served = Number(/-(\d+)$/.exec(String(json(await ask(server.port, "/thread"))["requestId"]))?.[1]);
  expect(served).toBeLessThan(20);
  // Its own are all answered, in order, as for anybody.
  for (let i = 1; i < 100; i++) expect((await greedy.read()).status).toBe(200);
});

test("requests are served in the order in which they came, whoever sends them", async () => {
  const server = await start("--threads", "1");
  const first = ask(server.port, "/say-and-spin?ms=300");
  await server.waitFor(/spinning/);
  const order: number[] = [];
  const waiting: Promise<unknown>[] = [];
  for (let i = 0; i < 5; i++) {
    const client = await connect(server);
    await client.send(request(`GET /thread?${i}`, { Connection: "close" }));
    waiting.push(client.read().then(() => order.push(i)));
  }
  await Promise.all([first, ...waiting]);
  expect(order).toEqual([0, 1, 2, 3, 4]);
});

test("a request whose client leaves while it waits never reaches the application", async () => {
  const server = await start("--threads", "1");
  const first = ask(server.port, "/say-and-spin?ms=300");
  await server.waitFor(/spinning/);
  const gone = await connect(server);
  await gone.send(request("GET /sleep?ms=1"));
  gone.reset();
  await first;
  expect((await ask(server.port, "/thread")).status).toBe(200);
  expect(server.output).not.toMatch(/sleeping in thread/);
});

test("a slow upload of a small body holds no thread", async () => {
  const server = await start("--threads", "1");
  const slow = await connect(server);
  await slow.send(request("POST /sum", { "Content-Length": "4" }) + "\x01\x02");
  expect((await ask(server.port, "/thread")).status).toBe(200);
  await slow.send("\x03\x04");
  expect(JSON.parse((await slow.read("POST")).body.toString())).toEqual({ sum: 10 });
});

test("a stop lets running and queued requests finish, closes idle connections, and lets the application tidy up", async () => {
  const server = await start("--threads", "2");
  const idle = await connect(server);
  await idle.send(request("GET /thread"));
  await idle.read();
  const answers = Array.from({ length: 6 }, () => ask(server.port, "/sleep?ms=200"));
  await server.waitFor(/sleeping[^]*sleeping/);
  server.signal("SIGTERM");
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(6).fill(200));
  expect(await idle.closed()).toBe(true);
  expect(await server.exited()).toEqual({ code: 0, signal: null });
  expect([...server.output.matchAll(/left thread/g)]).toHaveLength(2);
});

test("sync with threads becomes gthread, as in Gunicorn", async () => {
  const server = await startJunicorn({ app: "thread-lab.mjs", args: ["--threads", "2"] });
  await server.waitFor(/Using worker: gthread/);
  expect(json(await ask(server.port, "/thread"))["threadId"]).toBeGreaterThan(0);
});

test.each([
  ["gthread", true],
  ["sync", false],
])("a WSGI application under %s has wsgi.multithread %s", async (name, multithread) => {
  const server = await startJunicorn({ app: "wsgi-flags.mjs", args: ["-k", name, "--interface", "wsgi"] });
  expect(JSON.parse((await ask(server.port, "/")).body)).toMatchObject({ multithread });
});

test("an application that does not load is a failure to boot: exit status 4, and the cause once", async () => {
  const { code, stderr } = await runJunicorn([
    "-k",
    "gthread",
    "--threads",
    "4",
    "--bind",
    "127.0.0.1:0",
    "broken/throws.mjs",
  ]);
  expect(code).toBe(4);
  expect([...stderr.matchAll(/throws\.mjs:\d+/g)].length).toBeGreaterThan(0);
  expect([...stderr.matchAll(/failed while loading/g)]).toHaveLength(1);
});
