/** Many connections at once, from a client process of our own on the load's core. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Fleet } from "../../src/measure/server/fleet.ts";

export interface CrowdResult {
  readonly requests: number;
  /** In ms, from when the request was due. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  /** How many of each kind. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface CrowdOptions {
  readonly port: number;
  readonly connections: number;
  /** How long each connection asks once a second; 0: one request each, and idle from then on. */
  readonly seconds: number;
  readonly core: number;
}

/** What a process needs beside a descriptor for each connection: Node's own, logs, listeners. */
const OTHER_DESCRIPTORS = 100;

/** Why this machine cannot hold so many connections in a process, or null. Node raises the soft limit to the hard one by itself. */
export function tooManyConnections(connections: number): string | null {
  const most = Number(
    /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? Infinity,
  );
  const needed = connections + OTHER_DESCRIPTORS;
  return most >= needed ? null : `the hard limit of open files is ${most} and must be ${needed} (ulimit -Hn)`;
}

/** Runs a crowd; `whileOpen` is called with its result while its connections are still open, if they stay. */
export async function crowd(
  { port, connections, seconds, core }: CrowdOptions,
  fleet: Fleet,
  whileOpen: () => void = () => {},
): Promise<CrowdResult> {
  const script = fileURLToPath(new URL("crowd-client.mjs", import.meta.url));
  const counts = [port, connections, seconds].map(String);
  const child = spawn("taskset", ["--cpu-list", String(core), process.execPath, script, ...counts], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
  });
  fleet.adopt(child);
  const gone = once(child, "close");
  for await (const line of createInterface(child.stdout)) {
    whileOpen();
    child.stdin.end();
    await gone;
    return JSON.parse(line) as CrowdResult;
  }
  throw new Error("the crowd ended without a word");
}
