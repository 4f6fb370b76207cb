/** Threads that hang, die or run out of memory: what it costs, and what the log says. */

import { expect, test } from "vitest";
import { ask, type Answer } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

async function start(...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app: "thread-lab.mjs", args: ["-k", "gthread", ...args] });
  await server.waitFor(/ready after/);
  return server;
}

const loadedThreads = (server: Junicorn): number => [...server.output.matchAll(/loaded in thread/g)].length;
const json = (answer: Answer): Record<string, unknown> => JSON.parse(answer.body) as Record<string, unknown>;

/** The pool is whole again: as many requests at once as there are threads. */
async function servesTwoAtOnce(server: Junicorn): Promise<void> {
  await poll(async () => {
    const answers = await Promise.all([1, 2].map(() => ask(server.port, "/spin?ms=50")));
    // One that waits for a thread that is still being loaded may wait too long.
    return (
      answers.every(({ status }) => status === 200) &&
      new Set(answers.map((answer) => json(answer)["threadId"])).size === 2
    );
  });
}

test("a hung thread is ended with its stack in the log; its neighbours and their requests do not notice", async () => {
  const server = await start("--threads", "2", "--request-timeout", "1", "--request-kill-timeout", "0.3");
  const [worker] = server.workers;
  const hung = ask(server.port, "/hang");
  await server.waitFor(/hanging in thread/);
  let stop = false;
  const failures: unknown[] = [];
  const traffic = (async () => {
    while (!stop) {
      const answer = await ask(server.port, "/spin?ms=2").catch((error: unknown) => ({ status: error }));
      if (answer.status !== 200) failures.push(answer.status);
    }
  })();
  const answer = await hung;
  expect(answer.status).toBe(504);
  await server.waitFor(/\[WARNING\] .*GET \/hang .*no answer within 1 s/);
  const [record] = await server.waitFor(
    /\[ERROR\] Thread \d+ of worker .* while it served GET \/hang from .*(\n +.*)*thread-lab.*(\n +.*)*/,
  );
  expect(record).toMatch(/hangForEver .*thread-lab\.mjs:\d+/);
  expect(record).not.toMatch(/dispatcher|piscina|thread-main/);
  await servesTwoAtOnce(server);
  stop = true;
  await traffic;
  expect(failures).toEqual([]);
  expect(loadedThreads(server)).toBe(3);
  expect(server.workers).toEqual([worker]);
});

test("a request that waits for ever is answered with 504, and its thread replaced, for it does not return", async () => {
  const server = await start("--threads", "2", "--request-timeout", "1", "--request-kill-timeout", "0.2");
  expect((await ask(server.port, "/never")).status).toBe(504);
  await server.waitFor(/ignored TimeoutError/);
  await server.waitFor(/\[ERROR\] Thread [^]*No JavaScript stack/);
  await servesTwoAtOnce(server);
});

test("a request that heeds its signal keeps its thread", async () => {
  const server = await start("--threads", "1", "--request-timeout", "1", "--request-kill-timeout", "0.2");
  const before = json(await ask(server.port, "/thread"))["threadId"];
  expect((await ask(server.port, "/heed")).status).toBe(504);
  await server.waitFor(/heeded TimeoutError/);
  expect(json(await ask(server.port, "/thread"))["threadId"]).toBe(before);
  expect(server.output).not.toMatch(/\[ERROR\]/);
});

test("a request whose time is up while it waits for a thread never runs", async () => {
  const server = await start("--threads", "1", "--request-timeout", "1", "--request-kill-timeout", "5");
  const spinning = ask(server.port, "/say-and-spin?ms=2500");
  await server.waitFor(/spinning/);
  expect((await ask(server.port, "/sleep?ms=1")).status).toBe(504);
  expect((await spinning).status).toBe(504);
  await poll(async () => (await ask(server.port, "/thread")).status === 200);
  expect(server.output).not.toMatch(/sleeping in thread/);
});

test("an answer that has begun is cut when its time is up", async () => {
  const server = await start("--threads", "1", "--request-timeout", "1");
  await expect(ask(server.port, "/begin-and-stall")).rejects.toThrow();
  expect((await ask(server.port, "/thread")).status).toBe(200);
});

test.each([
  ["/exit", /called process\.exit\(3\)/],
  ["/uncaught", /nobody catches this[^]*thread-lab\.mjs:\d+/],
  ["/reject", /nobody awaits this[^]*thread-lab\.mjs:\d+/],
])("a thread that dies of %s fails its own request only, says why, and is replaced", async (path, cause) => {
  const server = await start("--threads", "2");
  const [worker] = server.workers;
  const neighbour = ask(server.port, "/sleep?ms=400");
  await server.waitFor(/sleeping in thread/);
  expect((await ask(server.port, path)).status).toBe(502);
  await server.waitFor(new RegExp(`\\[ERROR\\] Thread \\d+ of worker [^]*${cause.source}`));
  await server.waitFor(new RegExp(`has ended while it served GET ${path} from 127`));
  expect((await neighbour).status).toBe(200);
  await servesTwoAtOnce(server);
  expect(server.workers).toEqual([worker]);
});

test("a thread that runs out of its memory fails its own request only", { timeout: 60_000 }, async () => {
  const server = await start("--threads", "2", "--thread-memory-limit", "64");
  const [worker] = server.workers;
  expect((await ask(server.port, "/fill-memory")).status).toBe(502);
  await server.waitFor(/\[ERROR\] Thread \d+ of worker .*out of memory/);
  await servesTwoAtOnce(server);
  expect(server.workers).toEqual([worker]);
});

test("threads that keep dying are replaced ever more slowly, while the rest of the worker goes on", async () => {
  const server = await start("--threads", "1", "--health-path", "/healthz");
  for (let i = 0; i < 3; i++) expect((await ask(server.port, "/exit")).status).toBe(502);
  await server.waitFor(/\[WARNING\] Threads keep dying: the next one starts in/);
  expect((await ask(server.port, "/healthz")).status).toBe(503);
  await poll(async () => (await ask(server.port, "/healthz")).status === 200);
  expect((await ask(server.port, "/thread")).status).toBe(200);
});
