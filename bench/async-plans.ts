/** The compares of `npm run bench -- async`: uWebSockets under Junicorn, beside what people run today. */

import type { Endpoint } from "../src/measure/server/ready.ts";
import { APPS, junicorn } from "./lib/server.ts";
import type { Bar, Plan, Subject } from "./plans.ts";

/** A request body of 1 KiB. */
const KIBIBYTE = JSON.stringify({ id: 1, text: "x".repeat(1024 - 18) });

/** Frameworks, and how many times Node's own http a worker serves of each. */
const FRAMEWORKS = [
  ["fastify", "Fastify", 1.4],
  ["koa", "Koa", 1.5],
  ["express", "Express 5", 1.1],
] as const;

const RAW_UWS: Subject = {
  name: "raw uWebSockets.js",
  command: (port) => [process.execPath, `${APPS}/raw-uws.mjs`, String(port)],
};

const NODE_HTTP: Subject = {
  name: "Node http",
  command: (port) => [process.execPath, `${APPS}/node-http.mjs`, String(port), "keep-alive"],
};

export interface NodeBinary {
  readonly path: string;
  readonly version: string;
  /** Where its binary of uWebSockets is. */
  readonly modules: string;
  /** uWebSockets has a binary for it that loads here. */
  readonly hasUws: boolean;
}

/** Plain answers; `logFolder` takes the access logs. */
export function helloPlan(logFolder: string): Plan {
  const logged = (name: string): Subject =>
    async(`${name}, access log`, [
      `hello-${name}.mjs`,
      "--interface",
      name,
      "--access-logfile",
      `${logFolder}/${name}.log`,
    ]);
  return {
    about: "hello, world",
    subjects: [
      RAW_UWS,
      async("fetch", ["hello-fetch.mjs"]),
      logged("fetch"),
      async("node", ["hello-node.mjs", "--interface", "node"]),
      logged("node"),
      NODE_HTTP,
      async("Hono", ["hono.mjs"]),
      alone("Hono on @hono/node-server", "hono-node-server.mjs"),
    ],
    bars: [
      { subject: "async, fetch", factor: 0.9, of: "raw uWebSockets.js" },
      { subject: "async, fetch", factor: 1.7, of: "Node http" },
      { subject: "async, Hono", factor: 1.7, of: "Hono on @hono/node-server" },
      { subject: "async, node", factor: 1.5, of: "Node http" },
      { subject: "async, fetch, access log", factor: 0.9, of: "async, fetch" },
      { subject: "async, node, access log", factor: 0.9, of: "async, node" },
    ],
  };
}

/** The same server files alone and under Junicorn; Express on each of `nodes` too. */
export function frameworksPlan(nodes: readonly NodeBinary[]): Plan {
  const subjects: Subject[] = [];
  const bars: Bar[] = [];
  for (const [file, name, factor] of FRAMEWORKS) {
    subjects.push(async(name, [`${file}.mjs`]), alone(`${name} on Node http`, `${file}.mjs`));
    bars.push({ subject: `async, ${name}`, factor, of: `${name} on Node http` });
  }
  for (const node of nodes) {
    const name = `Express 5, Node ${node.version}`;
    const ours = async(`${name}${node.hasUws ? "" : ", llhttp"}`, ["express.mjs"], node);
    const theirs = alone(`${name}, on Node http`, "express.mjs", node);
    subjects.push(ours, theirs);
    bars.push({ subject: ours.name, factor: 1.1, of: theirs.name });
  }
  return { about: "the same server file under Junicorn and by itself", subjects, bars };
}

export const ECHO: Plan = {
  about: "JSON of 1 KiB posted, parsed and sent back",
  subjects: [
    async("JSON echo, fetch", ["echo-fetch.mjs"]),
    async("JSON echo, node", ["echo-node.mjs"]),
    alone("JSON echo, Node http", "echo-node.mjs"),
  ],
  bars: [
    { subject: "async, JSON echo, fetch", factor: 1.4, of: "JSON echo, Node http" },
    { subject: "async, JSON echo, node", factor: 1.4, of: "JSON echo, Node http" },
  ],
  post: KIBIBYTE,
};

/** Subjects for many connections. */
export const CROWDED: readonly Subject[] = [
  async("fetch", ["hello-fetch.mjs", "--worker-connections", "20000", "--keep-alive", "10"]),
  RAW_UWS,
  NODE_HTTP,
];

// --- internal ---

/** Of one worker. On this Node it insists on uWebSockets: a silent way out would measure something else. */
function async(name: string, args: readonly string[], node?: NodeBinary): Subject {
  const engine = node === undefined || node.hasUws ? "uws" : "llhttp";
  const options = ["--workers", "1", "--worker-class", "async", "--http-engine", engine, ...args];
  return {
    name: `async, ${name}`,
    command: (port) => {
      const [own, ...rest] = junicorn(port, options);
      const paths = node === undefined ? [] : [`NODE_PATH=${node.modules}`];
      return production(port, [...paths, node?.path ?? own!, ...rest]);
    },
  };
}

/** A server file by itself. */
function alone(name: string, file: string, node?: NodeBinary): Subject {
  return { name, command: (port) => production(port, [node?.path ?? process.execPath, `${APPS}/${file}`]) };
}

function production(port: Endpoint, command: readonly string[]): string[] {
  return ["env", "NODE_ENV=production", `PORT=${port}`, ...command];
}
