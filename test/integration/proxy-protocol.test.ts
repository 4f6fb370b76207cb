/** The PROXY protocol in every class and on both engines: by hand, and from a real HAProxy and nginx. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startJunicorn, type Junicorn, type StartOptions } from "../support/junicorn.ts";
import { version1, version2 } from "../support/proxy-header.ts";
import { freePort, listening, startHaproxy } from "../support/proxies.ts";
import { exchange, RawClient, request } from "../support/raw-client.ts";
import { startTool, temporaryFolder } from "../support/tools.ts";

const CLASSES = [["sync"], ["async", "--http-engine", "llhttp"], ["async", "--http-engine", "uws"], ["gthread"]];
const CLIENT = ["192.0.2.7", 4711, "198.51.100.1", 443] as const;

interface Seen {
  address: string;
  proxied?: { PROXY_PROTOCOL: string; PROXY_ADDR: string; PROXY_PORT: string };
}

async function told(client: RawClient): Promise<Seen> {
  await client.send(request("GET /"));
  const response = await client.read();
  expect(response.status).toBe(200);
  return JSON.parse(response.body.toString()) as Seen;
}

describe.each(CLASSES)("%s %s %s", (...name) => {
  const options = (...args: string[]): StartOptions => ({
    app: "who.mjs:wsgi",
    args: ["--interface", "wsgi", "--access-logfile", "-", "-k", ...name.filter((part) => part !== undefined), ...args],
  });
  const start = (...args: string[]): Promise<Junicorn> => startJunicorn(options(...args));

  /** For the tests that ask for no more than this of it. */
  let auto: Junicorn;
  beforeAll(async () => {
    auto = await startJunicorn({ ...options("--proxy-protocol=auto"), shared: true });
  });
  afterAll(() => auto.kill());

  test("the client's address is known for the whole connection", async () => {
    const proxied = { PROXY_PROTOCOL: "TCP4", PROXY_ADDR: "198.51.100.1", PROXY_PORT: "443" };
    for (const header of [version1(...CLIENT), version2(...CLIENT, { tlvs: Buffer.alloc(60, 7) })]) {
      const client = await RawClient.connect(auto.port);
      await client.send(header);
      expect(await told(client)).toMatchObject({ address: "192.0.2.7", proxied });
      if (name[0] !== "sync") expect(await told(client)).toMatchObject({ address: "192.0.2.7", proxied });
      client.destroy();
    }
    await auto.waitFor(/^192\.0\.2\.7 - - .*"GET \/ HTTP\/1\.1" 200/m);
    const ipv6 = await RawClient.connect(auto.port);
    await ipv6.send(version2("2001:db8::1", 1, "2001:db8::2", 80));
    expect(await told(ipv6)).toMatchObject({ address: "2001:db8::1" });

    // Lines of every kind name an IPv6 client in one way; where uWebSockets serves it, its port is not known.
    const header = version2("2001:db8::1", 4711, "2001:db8::2", 80);
    const contradiction = request("GET /", { "X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off" });
    for (const bytes of ["GET / HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n", contradiction])
      expect(await exchange(auto.port, Buffer.concat([header, Buffer.from(bytes)]))).toMatchObject({ status: 400 });
    const client = `(\\[2001:db8::1\\]:4711${name.includes("uws") ? "|2001:db8::1" : ""})`;
    await auto.waitFor(new RegExp(`Invalid request from ${client}: 400 `));
    await auto.waitFor(new RegExp(`GET / HTTP/1\\.1 from ${client}: `));
  });

  test("a header that comes byte by byte, and one with its request in the same packet", async () => {
    const server = await start("--proxy-protocol=v2");
    const client = await RawClient.connect(server.port);
    const header = version2(...CLIENT);
    for (const byte of header) {
      await client.send(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(await told(client)).toMatchObject({ address: "192.0.2.7" });
    const one = await exchange(server.port, Buffer.concat([header, Buffer.from(request("GET /"))]));
    expect(JSON.parse(one.body.toString())).toMatchObject({ address: "192.0.2.7" });
  });

  test("health checks (LOCAL, UNKNOWN) and connections without a header have the address they have", async () => {
    const server = await start("--proxy-protocol", "--workers", "1");
    for (const header of [version2(...CLIENT, { command: 0x20 }), "PROXY UNKNOWN\r\n", ""]) {
      const client = await RawClient.connect(server.port);
      await client.send(header);
      expect(await told(client)).toEqual(expect.objectContaining({ address: "127.0.0.1", proxied: null }));
      client.destroy();
    }
  });

  test("a malformed header is a 400 and a line in the log, a silent one a time-out; others are served meanwhile", async () => {
    const server = await start("--proxy-protocol=auto", "--header-timeout", "0.5");
    const silent = await RawClient.connect(server.port);
    await silent.send("PROXY TCP4 192");
    const refused = await exchange(server.port, "PROXY TCP4 1.2.3.4 nonsense 1 2\r\nGET / HTTP/1.1\r\n\r\n");
    expect(refused.status).toBe(400);
    await server.waitFor(/\[WARNING\] Invalid request from 127\.0\.0\.1:\d+: 400 .*\(bad-proxy-header\)/);
    expect(
      (await exchange(server.port, Buffer.concat([version1(...CLIENT), Buffer.from(request("GET /"))]))).status,
    ).toBe(200);
    await silent.closed();
  });

  test("a peer that may not send one is refused, and its requests without one are served", async () => {
    const server = await start("--proxy-protocol=auto", "--proxy-allow-from", "192.0.2.0/24");
    const refused = await exchange(server.port, Buffer.concat([version1(...CLIENT), Buffer.from(request("GET /"))]));
    expect(refused.status).toBe(403);
    await server.waitFor(/403 .*\(proxy-not-allowed\)/);
    expect((await exchange(server.port, request("GET /"))).status).toBe(200);
  });

  test.each(["send-proxy", "send-proxy-v2"])("HAProxy with %s", async (option) => {
    const haproxy = await startHaproxy(auto.port, {
      serverOptions: `${option} check`,
      backend: "option httpchk GET /",
    });
    const client = await RawClient.connect(haproxy.port);
    expect(await told(client)).toMatchObject({ address: "127.0.0.1", proxied: { PROXY_PORT: String(haproxy.port) } });
    client.destroy();
    expect(haproxy.complaints()).toEqual([]);
  });

  test("nginx with proxy_protocol on", async () => {
    const server = await start("--proxy-protocol=v1");
    const port = await startNginxStream(server.port);
    const client = await RawClient.connect(port);
    expect(await told(client)).toMatchObject({ address: "127.0.0.1", proxied: { PROXY_PORT: String(port) } });
  });
});

async function startNginxStream(target: number): Promise<number> {
  const folder = temporaryFolder();
  const port = await freePort();
  const errors = join(folder, "error.log");
  const module = "/usr/lib/nginx/modules/ngx_stream_module.so";
  const config = `
    load_module ${module};
    daemon off; worker_processes 1; pid ${folder}/pid; error_log ${errors} notice;
    events { worker_connections 128; }
    stream { server { listen 127.0.0.1:${port}; proxy_pass 127.0.0.1:${target}; proxy_protocol on; } }`;
  writeFileSync(join(folder, "nginx.conf"), config);
  const nginx = startTool("nginx", ["-p", folder, "-e", errors, "-c", join(folder, "nginx.conf")]);
  await listening(port, nginx.output);
  return port;
}
