/** The ordered way out of a worker, as clients see it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { RawClient, request, type Target } from "../support/raw-client.ts";
import { valueOf } from "../support/response-parser.ts";

async function start(...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app: "process-lab.mjs", args });
  await server.waitFor(/ready after/);
  return server;
}

async function connect(target: Target): Promise<RawClient> {
  const client = await RawClient.connect(target);
  onTestFinished(() => client.destroy());
  return client;
}

/** A connection that has been used once and was told that it is kept. */
async function kept(port: number): Promise<RawClient> {
  const client = await connect(port);
  await client.send(request("GET /pid"));
  expect(valueOf(await client.read(), "connection")).not.toBe("close");
  return client;
}

const KEEPING = [
  ["async on uws", ["-k", "async", "--http-engine", "uws"]],
  ["async on llhttp", ["-k", "async", "--http-engine", "llhttp"]],
  ["gthread", ["-k", "gthread"]],
] as const;

describe.each(KEEPING)("%s", (_, args) => {
  test("health fails first, and for drain-delay all else is served, told to close; TERM twice is TERM once", async () => {
    const server = await start(...args, "--health-path", "/health", "--drain-delay", "1");
    const idle = await kept(server.port);
    expect((await ask(server.port, "/health")).status).toBe(200);
    server.signal("SIGTERM");
    await poll(async () => (await ask(server.port, "/health")).status === 503);
    server.signal("SIGTERM");
    const fresh = await connect(server.port);
    for (const client of [fresh, idle]) {
      await client.send(request("GET /pid"));
      const answer = await client.read();
      expect([answer.status, valueOf(answer, "connection")]).toEqual([200, "close"]);
    }
    expect(await server.exited()).toEqual({ code: 0, signal: null });
    expect(server.stderr).toMatch(/Worker exiting .* cut 0 idle connection\(s\), 0 request\(s\), 0 stream\(s\), 0/);
  });

  // Idle connections have somewhat more than a second then: a busy machine may take longer to see that nothing is accepted any more.
  test(
    "an idle connection may bring one more request when accepting is over; one that does not is closed",
    { retry: 3 },
    async () => {
      const server = await start(...args);
      const [used, unused] = [await kept(server.port), await kept(server.port)];
      server.signal("SIGTERM");
      await poll(() =>
        RawClient.connect(server.port).then(
          (client) => client.destroy(),
          (error: NodeJS.ErrnoException) => error.code === "ECONNREFUSED",
        ),
      );
      await used.send(request("GET /pid"));
      const answer = await used.read();
      expect([answer.status, valueOf(answer, "connection")]).toEqual([200, "close"]);
      expect(await unused.closed()).toBe(true);
      expect(unused.error).toBeNull();
      expect((await server.exited()).code).toBe(0);
    },
  );

  test("when time is up streams are told and cut, and the last line names them", async () => {
    const server = await start(...args, "--graceful-timeout", "0.5");
    const client = await connect(server.port);
    await client.send(request("GET /endless"));
    await client.readBytes(200);
    server.signal("SIGTERM");
    await client.closed();
    expect((await server.exited()).code).toBe(0);
    expect(server.stdout).toContain("/endless was closed");
    expect(server.stderr).toMatch(
      /WARNING\] Worker exiting .* 0 request\(s\), 1 stream\(s\), 0 W.*\n +GET \/endless from/,
    );
  });
});

test.each(["sync", "gthread", "async"])(
  "%s: what waits on a unix socket is answered before it leaves",
  async (name) => {
    const folder = mkdtempSync(join(tmpdir(), "junicorn-drain-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "s.sock");
    const server = await startJunicorn({
      app: "process-lab.mjs",
      bind: `unix:${path}`,
      args: ["-k", name, "--worker-connections", "1"],
    });
    await server.waitFor(/ready after/);
    const busy = ask(path, "/announced-sleep?ms=500");
    await server.waitFor(/handling/);
    const waiting = await Promise.all(Array.from({ length: 20 }, () => connect(path)));
    for (const client of waiting) await client.send(request("GET /pid", { Connection: "close" }));
    server.signal("SIGTERM");
    expect((await busy).body).toBe("slept");
    for (const client of waiting) expect((await client.read()).status).toBe(200);
    expect((await server.exited()).code).toBe(0);
  },
);

test("TERM to a worker has it replaced: its successor serves, and what it had begun is finished", async () => {
  const server = await start("-k", "async");
  const [worker] = server.workers as [number];
  const slow = ask(server.port, "/announced-sleep?ms=500");
  await server.waitFor(/handling/);
  process.kill(worker, "SIGTERM");
  process.kill(worker, "SIGTERM");
  expect((await slow).body).toBe("slept");
  await poll(async () => (await ask(server.port, "/pid")).body !== String(worker));
  await server.waitFor(new RegExp(`Worker exiting \\(pid: ${worker}\\)`));
  expect(server.stderr).not.toMatch(/ERROR|CRITICAL/);
});
