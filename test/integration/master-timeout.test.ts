import { expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

const LAB = "process-lab.mjs";

async function start(...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app: LAB, args });
  await server.waitFor(/ready after/);
  return server;
}

test.each(["sync", "async"])(
  "a %s worker that spins is explained with stack and request, killed and replaced",
  async (workerClass) => {
    const server = await start("-t", "1", "-k", workerClass);
    const [worker] = server.workers;
    const answer = ask(server.port, "/spin?who=me").catch((error: unknown) => error);
    const record = await server.waitFor(
      /\[CRITICAL\] WORKER TIMEOUT \(pid:(\d+)\): its event loop has not turned for \d+\.\d s\n[\s\S]*?\n(?=\[)/,
    );
    expect(Number(record[1])).toBe(worker);
    expect(record[0]).toMatch(/GET \/spin\?who=me from 127\.0\.0\.1(?::\d+)?, running for \d+\.\d s/);
    expect(record[0]).toContain("spinForEver");
    expect(await answer).toBeInstanceOf(Error);
    await poll(() => server.workers.length === 1 && server.workers[0] !== worker, { what: "a replacement" });
    expect((await ask(server.port, "/pid")).status).toBe(200);
  },
);

test("a worker that is stopped is said to be stopped", async () => {
  const server = await start("-t", "1");
  process.kill(server.workers[0]!, "SIGSTOP");
  await server.waitFor(/WORKER TIMEOUT[\s\S]*No request was in flight[\s\S]*the process is stopped/);
  expect((await ask(server.port, "/pid")).status).toBe(200);
});

test("a sync request that is never answered counts, and its client is told", async () => {
  const server = await start("-t", "1");
  const [worker] = server.workers;
  expect((await ask(server.port, "/never")).status).toBe(500);
  await server.waitFor(
    /WORKER TIMEOUT \(pid:\d+\): a request has not been answered for \d+\.\d s, while the event loop is free/,
  );
  expect(server.stderr).toContain("GET /never from");
  await poll(() => server.workers.length === 1 && server.workers[0] !== worker, { what: "a replacement" });
  expect((await ask(server.port, "/pid")).status).toBe(200);
});

test("an async worker may wait as long as it likes", async () => {
  const server = await start("-t", "1", "-k", "async");
  expect(await ask(server.port, "/sleep?ms=2500")).toMatchObject({ status: 200 });
  expect(server.stderr).not.toContain("TIMEOUT");
});
