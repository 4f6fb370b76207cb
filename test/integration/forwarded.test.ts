/** What a proxy in front may say about the client, in every class and on both engines, and through a real nginx. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { startNginx } from "../support/proxies.ts";
import { exchange, request } from "../support/raw-client.ts";
import { temporaryFolder } from "../support/tools.ts";

const CLASSES = [["sync"], ["async", "--http-engine", "llhttp"], ["async", "--http-engine", "uws"], ["gthread"]];

async function start(app: "web" | "plain" | "wsgi", ...args: string[]): Promise<Junicorn> {
  const interfaces = { web: "fetch", plain: "node", wsgi: "wsgi" };
  return startJunicorn({
    app: `who.mjs:${app}`,
    args: ["--interface", interfaces[app], "--access-logfile", "-", ...args],
  });
}

async function told(server: Junicorn, fields: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const response = await exchange(server.port, request("GET /app/x", fields));
  expect(response.status).toBe(200);
  return JSON.parse(response.body.toString()) as Record<string, unknown>;
}

describe.each(CLASSES)("%s %s %s", (...name) => {
  const worker = ["-k", ...name.filter((part) => part !== undefined)];

  test("a trusted proxy says that the client uses https, where it is mounted, and nothing else unasked", async () => {
    const server = await start("wsgi", ...worker, "--threads", "1");
    const fields = {
      "X-Forwarded-Proto": "https",
      "X-Forwarded-For": "192.0.2.7",
      SCRIPT_NAME: "/app",
      Remote_User: "eve",
    };
    expect(await told(server, fields)).toEqual({
      scheme: "https",
      address: "127.0.0.1",
      SCRIPT_NAME: "/app",
      PATH_INFO: "/x",
      user: null,
      proxied: null,
    });
    expect(await told(server, { "X-Forwarded-Proto": "http" })).toMatchObject({ scheme: "http", SCRIPT_NAME: "" });
  });

  test("a peer that is not listed says nothing", async () => {
    const server = await start(
      "wsgi",
      ...worker,
      "--forwarded-allow-ips",
      "192.0.2.0/24",
      "--real-ip-header",
      "X-Forwarded-For",
    );
    const fields = { "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", SCRIPT_NAME: "/app" };
    expect(await told(server, fields)).toMatchObject({ scheme: "http", address: "127.0.0.1", SCRIPT_NAME: "" });
  });

  test("fields that contradict each other are refused, and logged", async () => {
    const server = await start("plain", ...worker);
    const refused = await exchange(
      server.port,
      request("GET /", { "X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off" }),
    );
    expect(refused.status).toBe(400);
    await server.waitFor(/\[WARNING\] GET \/ HTTP\/1\.1 from 127\.0\.0\.1.*contradict each other about the scheme/);
  });

  test("with a real-ip header the client's address is the application's and the log's", async () => {
    const server = await start("web", ...worker, "--real-ip-header", "X-Forwarded-For");
    const seen = await told(server, {
      "X-Forwarded-For": "6.6.6.6, 192.0.2.7, 127.0.0.1",
      "X-Forwarded-Proto": "https",
    });
    expect(seen["address"]).toBe("192.0.2.7");
    expect(seen["url"]).toMatch(/^https:/);
    await server.waitFor(/^192\.0\.2\.7 - - .*"GET \/app\/x/m);
    expect(await told(server)).toMatchObject({ address: "127.0.0.1" });
  });
});

test("names of fields that a proxy may send are a setting", async () => {
  const server = await start("wsgi", "--forwarder-headers", "REMOTE_USER", "--header-map", "refuse");
  expect(await told(server, { Remote_User: "ada" })).toMatchObject({ user: "ada" });
  const refused = await exchange(server.port, request("GET /", { SCRIPT_NAME: "/app" }));
  expect(refused.status).toBe(400);
});

test("a field that says the scheme may have underscores: the header map keeps it from the application only", async () => {
  const file = join(temporaryFolder(), "junicorn.config.mjs");
  writeFileSync(file, 'export default { secureSchemeHeaders: { X_SCHEME: "https", REMOTE_USER: "tls" } };');
  const server = await start("wsgi", "-c", file);
  expect(await told(server, { X_Scheme: "https" })).toMatchObject({ scheme: "https" });
  expect(await told(server, { Remote_User: "tls" })).toMatchObject({ scheme: "https", user: null });
});

test.each(["sync", "async", "gthread"])(
  "nginx over a unix socket tells a %s worker the client's address",
  async (name) => {
    const socket = join(temporaryFolder(), "app.sock");
    const args = ["-k", name, "--real-ip-header", "x-forwarded-for", "--access-logfile", "-", "--interface", "node"];
    const server = await startJunicorn({ app: "who.mjs:plain", args, bind: `unix:${socket}` });
    await server.waitFor(/ready after/);
    const nginx = await startNginx(socket, {
      location: "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    });
    const { body } = await ask(nginx.port, "/");
    expect(JSON.parse(body)).toEqual({ address: "127.0.0.1", encrypted: false });
    await server.waitFor(/^127\.0\.0\.1 - - /m);
  },
);

test.each([
  [["--forwarded-allow-ips", "10.0.0.1/8"], /forwarded.*10\.0\.0\.0\/8 is the network/i],
  [["--forwarded-allow-ips", "proxy.local"], /no IP address/],
  [["--real-ip-header", "X-Client"], /x-forwarded-for or forwarded/],
])("%j is a mistake that is explained", async (args, message) => {
  const server = await startJunicorn({ app: "who.mjs:plain", args: [...args], ready: false });
  expect((await server.exited()).code).not.toBe(0);
  expect(server.stderr).toMatch(message);
});
