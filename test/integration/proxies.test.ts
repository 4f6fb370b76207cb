/** Behind the proxies that people run, and before the old clients that measure servers: every request succeeds, counted strictly. */

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { mixedLoad } from "../support/mixed-load.ts";
import { startHaproxy, startNginx, type Proxy } from "../support/proxies.ts";
import type { Target } from "../support/raw-client.ts";
import { runTool, temporaryFolder } from "../support/tools.ts";

const APP = "proxied.mjs";

async function start(interfaceName: string, ...args: string[]): Promise<{ server: Junicorn; path: string }> {
  const path = join(temporaryFolder(), "app.sock");
  const server = await startJunicorn({
    app: interfaceName === "node" ? `${APP}:node` : APP,
    args: ["--bind", `unix:${path}`, "-k", "async", "-w", "2", ...args],
  });
  await server.waitFor(/ready after/);
  return { server, path };
}

const KEEP_ALIVE = { upstream: "keepalive 16;", location: 'proxy_http_version 1.1; proxy_set_header Connection "";' };
const REUSE = { backend: "http-reuse always" };

type Row = readonly [name: string, over: "tcp" | "unix", interfaceName: string, (target: Target) => Promise<Proxy>];

const ROWS: readonly Row[] = [
  ["nginx as it comes (HTTP/1.0)", "tcp", "node", (target) => startNginx(target)],
  ["nginx as it comes (HTTP/1.0)", "unix", "fetch", (target) => startNginx(target)],
  ["nginx with keep-alive", "tcp", "fetch", (target) => startNginx(target, KEEP_ALIVE)],
  ["nginx with keep-alive", "unix", "node", (target) => startNginx(target, KEEP_ALIVE)],
  ["nginx with keep-alive, unbuffered", "tcp", "node", (target) => startNginx(target, unbuffered(KEEP_ALIVE))],
  ["HAProxy", "tcp", "node", (target) => startHaproxy(target, REUSE)],
  ["HAProxy", "tcp", "fetch", (target) => startHaproxy(target, REUSE)],
];

describe("a mixed load of 20,000", () => {
  test.each(ROWS)(
    "%s, over %s, to a %s application",
    { timeout: 60_000 },
    async (_name, over, interfaceName, proxy) => {
      const { server, path } = await start(interfaceName);
      const { port, complaints } = await proxy(over === "tcp" ? server.port : path);
      const report = await mixedLoad(port);
      expect(report).toEqual({ sent: 20_000, failures: [] });
      expect(complaints()).toEqual([]);
      expect(server.output).not.toMatch(/WARNING|ERROR|CRITICAL/);
    },
  );

  test("no proxy", { timeout: 60_000 }, async () => {
    const { server } = await start("node");
    expect(await mixedLoad(server.port)).toEqual({ sent: 20_000, failures: [] });
  });
});

describe("clients of HTTP/1.0", () => {
  test("ab, with a connection for each request", async () => {
    const { server } = await start("node");
    const output = await runTool("ab", ["-q", "-n", "2000", "-c", "20", `${server.origin}/large?bytes=5000`]);
    expect(output).toMatch(/Complete requests: +2000\nFailed requests: +0\n/);
    expect(output).not.toMatch(/Non-2xx/);
  });

  test("ab -k: all requests over connections that are kept", async () => {
    const { server } = await start("fetch");
    const output = await runTool("ab", ["-q", "-k", "-n", "2000", "-c", "20", `${server.origin}/hello`]);
    expect(output).toMatch(/Complete requests: +2000\nFailed requests: +0\nKeep-Alive requests: +2000\n/);
  });

  test.each(["hello", "stream?parts=4", "large?bytes=300000", "empty"])("curl --http1.0 /%s", async (path) => {
    const { server } = await start("node");
    const url = `${server.origin}/${path}`;
    const old = await runTool("curl", ["-sS", "--fail", "--http1.0", url]);
    expect(old).toBe(await runTool("curl", ["-sS", "--fail", "--http1.1", url]));
    expect(old.length).toBe({ hello: 5, empty: 0, "large?bytes=300000": 300_000 }[path] ?? 28);
  });

  test("curl --http1.0 sends a body", async () => {
    const { server } = await start("fetch");
    const body = "x".repeat(100_000);
    const args = ["-sS", "--fail", "--http1.0", "--data-binary", body, `${server.origin}/echo`];
    expect(await runTool("curl", args)).toBe(body);
  });
});

function unbuffered(settings: typeof KEEP_ALIVE): typeof KEEP_ALIVE {
  return { ...settings, location: `${settings.location} proxy_buffering off; proxy_request_buffering off;` };
}
