/** What holds in every class: the request time-out, the health check, and what `junicorn/app` tells. */

import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { RawClient } from "../support/raw-client.ts";

const CLASSES = [["sync"], ["async", "--http-engine", "llhttp"], ["async", "--http-engine", "uws"], ["gthread"]];

describe.each(CLASSES)("%s %s %s", (...name) => {
  async function start(...args: string[]): Promise<Junicorn> {
    const server = await startJunicorn({
      app: "thread-lab.mjs",
      args: ["-k", ...name.filter((part) => part !== undefined), ...args],
    });
    await server.waitFor(/ready after/);
    return server;
  }

  test("a request that is not answered in time gets 504, and the application's signal fires with a TimeoutError", async () => {
    const server = await start("--request-timeout", "0.3", "--access-logfile", "-");
    expect((await ask(server.port, "/heed")).status).toBe(504);
    await server.waitFor(/heeded TimeoutError/);
    await server.waitFor(/\[WARNING\] GET \/heed .*: no answer within 0\.3 s/);
    await server.waitFor(/"GET \/heed HTTP\/1\.1" 504/);
    expect((await ask(server.port, "/thread")).status).toBe(200);
    // The application did as it was told: that is no error of its.
    expect(server.output).not.toMatch(/\[ERROR\]/);
  });

  test("an answer that has begun is cut when its time is up", async () => {
    const server = await start("--request-timeout", "0.3");
    await expect(ask(server.port, "/begin-and-stall")).rejects.toThrow();
  });

  test("a request that is answered in time is left alone", async () => {
    const server = await start("--request-timeout", "0.3");
    for (let i = 0; i < 3; i++) expect((await ask(server.port, "/sleep?ms=150")).status).toBe(200);
    expect(server.output).not.toMatch(/no answer/);
  });

  test("the health check is answered without the application, and counts as nobody's request", async () => {
    const server = await start("--health-path", "/healthz", "--access-logfile", "-");
    const healthy = await ask(server.port, "/healthz?from=probe");
    expect(healthy).toMatchObject({ status: 200, body: "ok\n" });
    expect((await ask(server.port, "/healthzz")).status).toBe(500);
    const seen = JSON.parse((await ask(server.port, "/thread")).body) as { requestId: string };
    expect(seen.requestId).toMatch(/-2$/);
    await server.waitFor(/"GET \/thread/);
    expect(server.stdout).not.toMatch(/healthz\?/);
  });

  test("a worker that leaves says so to probes, and runs the application's exit handlers", async () => {
    const server = await start("--health-path", "/healthz");
    const busy = ask(server.port, "/sleep?ms=600");
    await server.waitFor(/sleeping in thread/);
    const probe = await RawClient.connect(server.port);
    if (name[0] !== "sync") await probe.send("GET /healthz HTTP/1.1\r\n");
    server.signal("SIGTERM");
    await server.waitFor(/Handling signal: term/i);
    await poll(() => refuses(server.port), { what: "the listener to be closed" });
    if (name[0] !== "sync") {
      await probe.send("Host: t\r\n\r\n");
      expect((await probe.read()).status).toBe(503);
    }
    probe.destroy();
    expect((await busy).status).toBe(200);
    await server.exited();
    expect([...server.output.matchAll(/left thread/g)]).toHaveLength(1);
  });

  test("the application knows the number of each request, across awaits", async () => {
    const server = await start();
    const ids = [];
    for (let i = 0; i < 2; i++)
      ids.push((JSON.parse((await ask(server.port, "/thread")).body) as { requestId: string }).requestId);
    expect(ids).toEqual([1, 2].map((number) => `${server.workers[0]}-${number}`));
  });
});

// --- internal ---

async function refuses(port: number): Promise<boolean> {
  return RawClient.connect(port).then(
    (client) => {
      client.destroy();
      return false;
    },
    () => true,
  );
}
