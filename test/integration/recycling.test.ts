import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

const APP = `
const kept = [];
export default (req, res) => {
  if (req.url === "/leak") kept.push(Buffer.alloc(200 * 2 ** 20, 1));
  res.end(String(process.pid));
};`;

async function start(...args: string[]): Promise<Junicorn & { cwd: string }> {
  const cwd = mkdtempSync(join(tmpdir(), "junicorn-test-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, "app.mjs"), APP);
  const server = await startJunicorn({ app: "app.mjs", cwd, args });
  await server.waitFor(/ready after/);
  return Object.assign(server, { cwd });
}

/** Where the log says so; -1: nowhere. */
function place(server: Junicorn, pattern: RegExp): number {
  return server.stderr.search(pattern);
}

test.each(["sync", "gthread", "async"])(
  "--max-requests replaces a %s worker, whose successor is there before it leaves",
  async (workerClass) => {
    const server = await start("-k", workerClass, "--max-requests", "20", "--max-requests-jitter", "5");
    const [first] = server.workers;
    const pids = new Set<string>();
    for (let request = 0; request < 150 && pids.size < 3; request++) pids.add((await ask(server.port, "/")).body);
    await poll(async () => (await ask(server.port, "/")).body !== String(first), { what: "a successor" });
    await server.waitFor(new RegExp(`Worker exiting \\(pid: ${first}\\)`));
    const [, second] = [...server.stderr.matchAll(/Booting worker with pid: (\d+)/g)].map((match) => match[1]);
    expect(place(server, new RegExp(`\\(pid:${first}\\) is to be replaced: .*requests`))).toBeGreaterThan(0);
    expect(place(server, new RegExp(`Booting worker with pid: ${second}`))).toBeLessThan(
      place(server, new RegExp(`Worker exiting \\(pid: ${first}\\)`)),
    );
    expect(server.stderr).not.toMatch(/ERROR|WARNING/);
  },
);

test("a worker whose successor does not boot serves on", async () => {
  const server = await start("--max-requests", "3");
  const [worker] = server.workers;
  writeFileSync(join(server.cwd, "app.mjs"), "throw new Error('not today');");
  for (let request = 0; request < 3; request++) await ask(server.port, "/");
  await server.waitFor(/failed to boot 2 times for the same reason: the next try is in 1 s/);
  expect(server.stderr.match(/not today/g)!.length).toBeLessThanOrEqual(2);
  expect((await ask(server.port, "/")).body).toBe(String(worker));
  writeFileSync(join(server.cwd, "app.mjs"), APP);
  await poll(async () => (await ask(server.port, "/")).body !== String(worker), { what: "the mended successor" });
});

test("--max-worker-lifetime replaces workers one after the other", async () => {
  const server = await start("-w", "2", "--max-worker-lifetime", "2");
  const { workers } = server;
  let most = 0;
  await poll(
    () => {
      most = Math.max(most, server.workers.length);
      return !server.workers.some((pid) => workers.includes(pid));
    },
    { what: "both to be replaced" },
  );
  expect(most).toBe(3);
  expect(server.stderr).toMatch(/is to be replaced: it is [2-9] s old \(max_worker_lifetime is 2\)/);
});

test("--max-worker-memory replaces the worker that has grown, and no other", async () => {
  const server = await start("-w", "2", "--max-worker-memory", "180");
  const grown = Number((await ask(server.port, "/leak")).body);
  const [other] = server.workers.filter((pid) => pid !== grown);
  await server.waitFor(
    new RegExp(`\\(pid:${grown}\\) is to be replaced: it has \\d+ MiB \\(max_worker_memory is 180\\)`),
  );
  await poll(() => server.workers.length === 2 && !server.workers.includes(grown), { what: "a replacement" });
  expect(server.workers).toContain(other);
});
