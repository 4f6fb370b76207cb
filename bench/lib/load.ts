/** The load: wrk, or autocannon where wrk is not installed, pinned to a core of its own. */

import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { closeLoad, readCloseLoad } from "./close-load.ts";
import { ROOT, type Address } from "./server.ts";

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Answers that were no 2xx, and socket errors. */
  readonly errors: number;
  /** Share of its core that the load used; -1 where that is not known. At 1 it is the load that is measured. */
  readonly clientCore: number;
}

export interface LoadOptions {
  readonly at: Address;
  readonly connections: number;
  readonly seconds: number;
  /** A core, or several as taskset spells them. */
  readonly core: number | string;
  /** JSON to post; without it, GETs. */
  readonly post?: string | undefined;
  /** One request a connection. */
  readonly closes?: boolean | undefined;
}

export function has(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

/** Runs the load; `started` gets the process, so that an interrupted bench can end it. */
export async function load(options: LoadOptions, started: (child: ChildProcess) => void): Promise<LoadResult> {
  const [command, read] = options.closes
    ? ([closeLoad(options), readCloseLoad] as const)
    : has("wrk")
      ? ([wrk(options), readWrk] as const)
      : ([autocannon(options), readAutocannon] as const);
  return read(await run(["taskset", "--cpu-list", String(options.core), ...command], started));
}

export function readWrk(output: string): LoadResult {
  const requests = /(\d+) requests in/.exec(output)?.[1];
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(output)?.[1];
  if (requests === undefined || rate === undefined) throw new Error(`wrk said:\n${output}`);
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? "0";
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output)?.slice(1) ?? [];
  return {
    requestsPerSecond: Number(rate),
    requests: Number(requests),
    p50Milliseconds: percentile(output, "50%"),
    p99Milliseconds: percentile(output, "99%"),
    errors: [failed, ...socket].reduce((sum, count) => sum + Number(count), 0),
    clientCore: -1,
  };
}

// --- internal ---

const POST_SCRIPT = fileURLToPath(new URL("post.lua", import.meta.url));

function wrk({ at, connections, seconds, post }: LoadOptions): string[] {
  const script = post === undefined ? [] : ["-s", POST_SCRIPT];
  const url = `http://127.0.0.1:${at}/`;
  const command = ["wrk", "--latency", "-t1", `-c${connections}`, `-d${seconds}s`, ...script, url];
  return post === undefined ? command : [...command, "--", post];
}

function autocannon({ at, connections, seconds, post }: LoadOptions): string[] {
  const script = `${ROOT}/node_modules/autocannon/autocannon.js`;
  const body = post === undefined ? [] : ["-m", "POST", "-H", "Content-Type=application/json", "-b", post];
  const counts = ["-c", String(connections), "-d", String(seconds)];
  return [process.execPath, script, "-j", ...counts, ...body, `http://127.0.0.1:${at}/`];
}

function readAutocannon(output: string): LoadResult {
  const result = JSON.parse(output) as {
    requests: { average: number; total: number };
    latency: { p50: number; p99: number };
    non2xx: number;
    errors: number;
    timeouts: number;
  };
  return {
    requestsPerSecond: result.requests.average,
    requests: result.requests.total,
    p50Milliseconds: result.latency.p50,
    p99Milliseconds: result.latency.p99,
    errors: result.non2xx + result.errors + result.timeouts,
    clientCore: -1,
  };
}

function percentile(output: string, name: string): number {
  const [, number, unit] = new RegExp(`^\\s+${name}\\s+([\\d.]+)(us|ms|s)`, "m").exec(output) ?? [];
  return Number(number ?? 0) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? "ms"] ?? 1);
}

function run([program = "", ...args]: string[], started: (child: ChildProcess) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
    started(child);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(stdout) : reject(new Error(`${args.join(" ")} failed:\n${stderr}`)),
    );
  });
}
