/** Who is measured: the three classes and their peers, as tables. A new peer is a row. */

import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Kind } from "../../src/measure/results.ts";
import { has } from "../../src/measure/server/fleet.ts";
import { bindOf } from "../../src/measure/server/ready.ts";
import { junicorn } from "../lib/server.ts";
import { INSTALL_PEERS, PEERS, SUITE_APPS } from "./places.ts";

export interface Subject {
  readonly name: string;
  readonly kind: Kind;
  /** Whose options it gets: see `shapes` of a scenario. */
  readonly shapedAs?: Class;
  readonly command: (start: Start) => readonly string[];
  /** What is missing for it, and the command that installs that; null if nothing is. */
  readonly missing?: () => string | null;
}

export interface Start {
  readonly port: number;
  /** Processes that serve, for those who have several. */
  readonly workers: number;
  /** Options of its class in this scenario, if it has classes. */
  readonly shape: readonly string[];
  /** A folder for what a server writes. */
  readonly folder: string;
}

export type Class = "sync" | "gthread" | "async";

const ours = (workerClass: Class, engine?: "llhttp"): Subject => ({
  name: `Junicorn ${workerClass}${engine === undefined ? "" : `, ${engine}`}`,
  kind: "ours",
  shapedAs: workerClass,
  command: ({ port, shape }) =>
    junicorn(port, [
      ...["-k", workerClass, ...shape, ...(engine === undefined ? [] : ["--http-engine", engine])],
      `${SUITE_APPS}/fetch.mjs`,
    ]),
});

const node = (name: string, file: string, workers?: (start: Start) => number): Subject => ({
  name,
  kind: "peer",
  command: (start) => [
    ...["env", `WORKERS=${workers?.(start) ?? 1}`, `PORT=${start.port}`],
    ...[process.execPath, `${SUITE_APPS}/${file}`],
  ],
});

const binary = (name: string, path: string, file: string): Subject => ({
  name,
  kind: "peer",
  command: ({ port, folder }) => [
    ...["env", `PORT=${port}`, `DENO_DIR=${folder}`, "DENO_NO_UPDATE_CHECK=1"],
    ...(name === "Deno" ? [path, "run", "--allow-all", "--no-lock"] : [path, "run"]),
    `${SUITE_APPS}/${file}`,
  ],
  missing: () => (existsSync(path) ? null : INSTALL_PEERS),
});

const gunicorn = (workerClass: string, check?: readonly [module: string, install: string]): Subject => ({
  name: `Gunicorn ${workerClass}`,
  kind: "peer",
  shapedAs: workerClass === "gevent" ? "async" : (workerClass as Class),
  command: ({ port, shape }) => [
    ...["gunicorn", "--worker-class", workerClass, ...shape, "--worker-connections", "4000", "--timeout", "60"],
    ...["--log-level", "error", "--bind", bindOf(port), "--chdir", SUITE_APPS, "suite_wsgi:app"],
  ],
  missing: () => {
    if (!has("gunicorn")) return "apt-get install gunicorn";
    if (check === undefined) return null;
    const [module, install] = check;
    return spawnSync("sh", ["-c", INTERPRETER, `import ${module}`]).status === 0 ? null : install;
  },
});

/** Runs a line of Python as Gunicorn's own interpreter would: there may be several. */
const INTERPRETER = '$(head -n 1 "$(command -v gunicorn)" | cut -c 3-) -c "$0"';
const ARCH = process.arch === "arm64" ? { bun: "aarch64", deno: "arm64" } : { bun: "x64", deno: "x64" };
const PM2 = `${PEERS}/node_modules/pm2/bin/pm2-runtime`;
const NGINX = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].find((path) => existsSync(path)) ?? "nginx";

export const SUBJECTS = {
  sync: ours("sync"),
  gthread: ours("gthread"),
  async: ours("async"),
  /** Otherwise it is uWebSockets.js that serves what is a fetch handler. */
  asyncLlhttp: ours("async", "llhttp"),
  node: node("Node http", "node.mjs"),
  cluster: node("Node cluster", "node.mjs", ({ workers }) => workers),
  pm2: {
    name: "PM2 cluster mode",
    kind: "peer",
    command: ({ port, workers, folder }) => [
      ...["env", `PM2_HOME=${folder}/pm2`, `PORT=${port}`, "PM2_DISABLE_VERSION_CHECK=true", process.execPath],
      ...[PM2, "start", `${SUITE_APPS}/node.mjs`, "-i", String(workers)],
    ],
    missing: () => (existsSync(PM2) ? null : INSTALL_PEERS),
  },
  uws: node("raw uWebSockets.js", "uws.mjs"),
  hono: node("@hono/node-server", "hono.mjs"),
  bun: binary("Bun", `${PEERS}/node_modules/@oven/bun-linux-${ARCH.bun}/bin/bun`, "bun.mjs"),
  deno: binary("Deno", `${PEERS}/node_modules/@deno/linux-${ARCH.deno}-glibc/deno`, "deno.mjs"),
  gunicornSync: gunicorn("sync"),
  gunicornGthread: gunicorn("gthread"),
  gunicornGevent: gunicorn("gevent", ["gevent", "apt-get install python3-gevent"]),
  nginx: {
    name: "nginx return 200",
    kind: "ceiling",
    command: ({ port, folder }) => {
      const file = join(folder, "nginx.conf");
      writeFileSync(file, nginxFile(port, folder));
      return [NGINX, "-p", folder, "-e", "stderr", "-c", file];
    },
    missing: () => (has(NGINX) ? null : "apt-get install nginx-light"),
  },
} satisfies Readonly<Record<string, Subject>>;

export type SubjectKey = keyof typeof SUBJECTS;

// --- internal ---

function nginxFile(port: number, folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder};`);
  const server = `server { listen 127.0.0.1:${port} backlog=2048; location / { default_type text/plain; return 200 "Hello, World!"; } }`;
  const http = `http { access_log off; keepalive_requests 100000000; ${temporary.join(" ")} ${server} }`;
  return `daemon off; master_process off; pid ${folder}/nginx.pid; events { worker_connections 4096; } ${http}`;
}
