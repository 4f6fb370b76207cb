/** nginx and HAProxy before a server, as people configure them; each listens on a port of its own choosing. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { poll } from "./poll.ts";
import { RawClient, type Target } from "./raw-client.ts";
import { startTool, temporaryFolder } from "./tools.ts";

export interface Proxy {
  readonly port: number;
  /** What it complained about, by line. */
  complaints(): string[];
}

/** Lines for the http block, for the upstream block, and for the location that passes requests on. */
export async function startNginx(
  target: Target,
  {
    http = "",
    upstream = "",
    location = "",
    scheme = "http",
  }: { http?: string; upstream?: string; location?: string; scheme?: "http" | "https" } = {},
): Promise<Proxy> {
  const folder = temporaryFolder();
  const port = await freePort();
  const server = typeof target === "number" ? `127.0.0.1:${target}` : `unix:${target}`;
  const errors = join(folder, "error.log");
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(" ");
  const config = `
    daemon off; worker_processes 2; pid ${folder}/pid; error_log ${errors} notice;
    ${process.getuid?.() === 0 ? "user root;" : ""}
    events { worker_connections 512; }
    http {
      access_log off; ${paths} ${http}
      upstream app { server ${server}; ${upstream} }
      server { listen 127.0.0.1:${port}; location / { proxy_pass ${scheme}://app; ${location} } }
    }`;
  writeFileSync(join(folder, "nginx.conf"), config);
  const nginx = startTool("nginx", ["-p", folder, "-e", errors, "-c", join(folder, "nginx.conf")]);
  await listening(port, nginx.output);
  const lines = (): string[] => (existsSync(errors) ? readFileSync(errors, "utf8").split("\n") : []);
  return { port, complaints: () => lines().filter((line) => /\[(error|crit|alert|emerg)\]/.test(line)) };
}

/** `backend` are lines for the backend section, `serverOptions` stand at the end of the server's line. */
export async function startHaproxy(
  target: Target,
  { backend = "", serverOptions = "" }: { backend?: string; serverOptions?: string } = {},
): Promise<Proxy> {
  const folder = temporaryFolder();
  const port = await freePort();
  const server = typeof target === "number" ? `127.0.0.1:${target}` : `unix@${target}`;
  const config = [
    "global",
    "  maxconn 1000",
    "defaults",
    "  mode http",
    "  timeout connect 5s",
    "  timeout client 60s",
    "  timeout server 60s",
    "frontend web",
    `  bind 127.0.0.1:${port}`,
    "  default_backend app",
    "backend app",
    ...backend.split("\n").map((line) => `  ${line.trim()}`),
    `  server app ${server} ${serverOptions}`,
    "",
  ].join("\n");
  writeFileSync(join(folder, "haproxy.cfg"), config);
  const haproxy = startTool("haproxy", ["-db", "-f", join(folder, "haproxy.cfg")]);
  await listening(port, haproxy.output);
  return {
    port,
    complaints: () =>
      haproxy
        .output()
        .split("\n")
        .filter((line) => /ALERT/.test(line)),
  };
}

// --- internal ---

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function listening(port: number, output: () => string): Promise<void> {
  const connects = (): Promise<boolean> =>
    RawClient.connect(port).then(
      (client) => (client.destroy(), true),
      () => false,
    );
  await poll(connects, { what: () => `a proxy on port ${port}: ${output()}` });
}
