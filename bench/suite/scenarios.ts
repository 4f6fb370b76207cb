/** What is asked of the servers, as a table: a new scenario is a row. */

import type { Driver, RequestOptions } from "../../src/measure/load/options.ts";
import type { Class, SubjectKey } from "./subjects.ts";

export interface Scenario {
  readonly title: string;
  readonly about: string;
  readonly request: RequestOptions;
  /** Closed loops with so many connections. */
  readonly connections: readonly number[];
  /** A fixed rate that all can serve, over so many connections. */
  readonly paced?: { readonly rate: number; readonly connections: number };
  /** In a closed loop, where installed; without it autocannon. */
  readonly driver?: Exclude<Driver, "paced">;
  /** How many cores the servers have, and as many processes where they can. */
  readonly cores: 1 | 2;
  /** Options of each class: as one would set it up for this. */
  readonly shapes: Readonly<Partial<Record<Class, string>>>;
  readonly peers: readonly SubjectKey[];
  /** Classes that cannot do it; the text goes on from the name. */
  readonly unable?: Readonly<Partial<Record<Class, string>>>;
  /** Something that has to run beside. */
  readonly fixture?: "upstream" | "postgres";
  /** A load of its own instead of HTTP requests, or beside them. */
  readonly special?: "websocket" | "slow";
}

const GUNICORN = ["gunicornSync", "gunicornGthread", "gunicornGevent"] as const;
const RUNTIMES = ["bun", "deno"] as const;
const CLUSTERED = ["node", "cluster", "pm2"] as const;
/** One worker each, to see what a server costs. */
const ALONE = { sync: "-w 1", gthread: "-w 1 --threads 2", async: "-w 1" };
/** Two processes, or two threads: one for each core. Gunicorn gets the same options. */
const COMPUTING = { sync: "-w 2", gthread: "-w 1 --threads 2", async: "-w 2" };
/** Where requests wait, more of them at once. */
const WAITING = { sync: "-w 8", gthread: "-w 1 --threads 16", async: "-w 1" };

const JSON_BODY = JSON.stringify({ id: 1, text: "x".repeat(1024 - 18) });

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  hello: {
    title: "Hello, world",
    about:
      "Thirteen bytes of text: what a server costs by itself. One worker on one core (gthread with two threads). sync answers one request a connection.",
    ...{
      request: {},
      connections: [1, 16, 128],
      paced: { rate: 1000, connections: 32 },
      driver: "wrk",
      cores: 1,
      shapes: ALONE,
    },
    peers: ["node", "pm2", "uws", "hono", ...RUNTIMES, ...GUNICORN, "nginx"],
  },
  hash: {
    title: "Computing, 10 ms",
    about: "A fixed count of hashing. Two cores: two processes, or one with two threads where there are threads.",
    ...{
      request: { paths: ["/hash"] },
      connections: [2, 16, 64],
      paced: { rate: 60, connections: 32 },
      cores: 2,
      shapes: COMPUTING,
    },
    peers: [...CLUSTERED, ...RUNTIMES, "gunicornSync"],
  },
  transform: {
    title: "Computing, 1 ms",
    about: "150 KB of JSON read, summed up and written. Two cores: two processes, or one with two threads.",
    ...{
      request: { paths: ["/transform"] },
      connections: [4, 32],
      paced: { rate: 300, connections: 32 },
      cores: 2,
      shapes: COMPUTING,
    },
    peers: ["node", "cluster", "bun", "gunicornSync", "gunicornGthread"],
  },
  mixed: {
    title: "One request of twenty is heavy",
    about:
      "5 % of the requests compute for 50 ms, the others not at all: who lets the short ones wait behind a long one? Two cores.",
    ...{
      request: { paths: ["/mixed"] },
      connections: [4, 32],
      paced: { rate: 200, connections: 32 },
      cores: 2,
      shapes: COMPUTING,
    },
    peers: ["node", "cluster", "bun", "gunicornGthread"],
  },
  timer: {
    title: "Waiting, 20 ms",
    about: "Each request waits for a timer of 20 ms. One core; sync with eight workers, gthread with 16 threads.",
    ...{
      request: { paths: ["/timer"] },
      connections: [16, 256],
      paced: { rate: 200, connections: 128 },
      cores: 1,
      shapes: WAITING,
    },
    peers: ["node", "uws", ...RUNTIMES, "gunicornGthread", "gunicornGevent"],
  },
  upstream: {
    title: "Waiting for another service",
    about:
      "Each request asks a service over HTTP that takes 5 ms. One core; sync with eight workers, gthread with 16 threads.",
    ...{
      request: { paths: ["/upstream"] },
      connections: [16, 128],
      paced: { rate: 200, connections: 64 },
      cores: 1,
      shapes: WAITING,
    },
    ...{ fixture: "upstream", peers: ["node", "bun", "gunicornGthread", "gunicornGevent"] },
  },
  postgres: {
    title: "A row of PostgreSQL",
    about: "Each request reads one row by its key, through pg. One core for the server; the database has its own.",
    ...{
      request: { paths: ["/query"] },
      connections: [16, 64],
      paced: { rate: 200, connections: 32 },
      cores: 1,
      shapes: WAITING,
    },
    ...{ fixture: "postgres", peers: ["node"] },
  },
  post: {
    title: "1 KiB of JSON, posted",
    about: "A document of 1 KiB is read, parsed, and sent back. One worker on one core.",
    request: { method: "POST", paths: ["/echo"], headers: { "Content-Type": "application/json" }, body: JSON_BODY },
    ...{ connections: [16, 128], paced: { rate: 1000, connections: 32 }, driver: "wrk", cores: 1, shapes: ALONE },
    peers: ["node", "uws", "hono", ...RUNTIMES, "gunicornGthread"],
  },
  download: {
    title: "Download of 10 MiB",
    about: "Ten requests are 100 MiB. One worker on one core.",
    ...{
      request: { paths: ["/download"] },
      connections: [4, 16],
      paced: { rate: 20, connections: 16 },
      driver: "wrk",
      cores: 1,
      shapes: ALONE,
    },
    peers: ["node", "uws", ...RUNTIMES, "gunicornGthread"],
  },
  upload: {
    title: "Upload of 10 MiB",
    about: "The body is read and its bytes counted. One worker on one core.",
    ...{
      request: { method: "POST", paths: ["/upload"], bodyBytes: 10 * 2 ** 20 },
      connections: [4, 16],
      paced: { rate: 20, connections: 16 },
      cores: 1,
      shapes: ALONE,
    },
    peers: ["node", "uws", ...RUNTIMES, "gunicornGthread"],
  },
  slow: {
    title: "1,000 slow clients beside fast ones",
    about:
      "A thousand connections send one byte a second each; measured is what others get meanwhile. One core. Requests without an answer count as errors.",
    ...{ request: {}, connections: [16], paced: { rate: 200, connections: 16 }, cores: 1, special: "slow" },
    shapes: {
      sync: "-w 2",
      gthread: "-w 1 --threads 8 --worker-connections 4000",
      async: "-w 1 --worker-connections 4000",
    },
    peers: ["node", ...RUNTIMES, "gunicornSync", "gunicornGevent"],
  },
  websocket: {
    title: "WebSocket echo",
    about:
      "Messages of 64 bytes, sent back. One worker on one core. Junicorn has WebSockets in the async class, on either engine.",
    ...{
      request: {},
      connections: [16, 128],
      paced: { rate: 1000, connections: 32 },
      cores: 1,
      special: "websocket",
    },
    ...{ shapes: { async: "-w 1" }, peers: ["asyncLlhttp", "node", "uws", ...RUNTIMES] },
    unable: { sync: "does not serve WebSockets", gthread: "does not serve WebSockets" },
  },
};
