/** Runs a load from a process of its own, so that it has a core of its own, and says what the server did meanwhile. */

import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { JunicornError } from "../../base/errors.ts";
import { type Fleet, has, pinned, type Server } from "../server/fleet.ts";
import { cpuMicroseconds } from "../server/processes.ts";
import { ask } from "../server/ready.ts";
import { Sampler } from "../server/sampler.ts";
import { type Driver, type LoadOptions, type LoadResult, requestsOf } from "./options.ts";
import { prepareWrk, readWrk } from "./wrk.ts";

/** A load, and what it cost the server. */
export interface Measurement extends LoadResult {
  /** User and system time of all processes of the server; null if it answered nothing. */
  readonly cpuMicrosecondsPerRequest: number | null;
  /** The most that all of them took together. */
  readonly rssMiB: number;
  /** At the end, what is shared counted once; 0 where the kernel does not tell. */
  readonly pssMiB: number;
  /** Share of the CPUs that others took, who are neither the server nor the load. */
  readonly othersShare: number;
}

/** Throws ERR_MEASURED_SERVER if the server ends, and ERR_LOAD if the client cannot do its work. Errors of requests are counted, not thrown. */
export function measure(server: Server, options: LoadOptions, fleet: Fleet): Promise<Measurement> {
  return measureDuring(server, () => load(options, fleet));
}

/** The same for a load of any kind. */
export async function measureDuring(server: Server, run: () => Promise<LoadResult>): Promise<Measurement> {
  server.mustRun();
  const sampler = new Sampler(server.pid);
  try {
    const result = await run();
    const { cpuMicroseconds: cpu, ...cost } = sampler.stop();
    server.mustRun();
    const perRequest = result.requests === 0 ? null : cpu / result.requests;
    return { ...result, cpuMicrosecondsPerRequest: perRequest, ...cost };
  } finally {
    sampler.stop();
  }
}

/** The load alone. */
export async function load(options: LoadOptions, fleet: Fleet): Promise<LoadResult> {
  if (options.driver !== "wrk") {
    const command = [process.execPath, CLIENT];
    const { output } = await runClient(pinned(command, options.cores), options.seconds, fleet, JSON.stringify(options));
    return JSON.parse(output) as LoadResult;
  }
  if (!has("wrk")) throw failure("wrk is not installed: apt-get install wrk, or take the driver autocannon");
  if (typeof options.at === "string") throw failure("wrk does not speak to unix sockets: take the driver autocannon");
  const folder = fleet.makeFolder("wrk");
  try {
    const command = pinned(prepareWrk(options, folder), options.cores);
    const { output, core } = await runClient(command, options.seconds, fleet);
    const result = readWrk(output, options);
    const firstError = result.firstError === null ? null : `${result.firstError}${await example(options)}`;
    return { ...result, firstError, clientCore: core, clientLate: null };
  } finally {
    fleet.removeFolder(folder);
  }
}

export interface Ran {
  readonly output: string;
  /** Share of a core that it used. */
  readonly core: number;
}

/** Runs a client's program for about so many seconds. It gets `input`, and after that its input stays open while we live: it may end when it closes. */
export async function runClient(
  [program = "", ...args]: readonly string[],
  seconds: number,
  fleet: Fleet,
  input?: string,
): Promise<Ran> {
  const child = spawn(program, args, { detached: true, stdio: ["pipe", "pipe", "pipe"] });
  fleet.adopt(child);
  const began = performance.now();
  let core = 0;
  const sampling = setInterval(() => (core = coreShare(child, began)), SAMPLE_MS);
  const killing = setTimeout(() => child.kill("SIGKILL"), seconds * 1000 + PATIENCE_MS);
  child.stdin.on("error", () => {});
  if (input !== undefined) child.stdin.write(`${input}\n`);
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code === 0) return { output, core };
    throw failure(errors.trim() || `${program} ended without a result (${child.signalCode ?? code})`);
  } finally {
    clearInterval(sampling);
    clearTimeout(killing);
  }
}

/** The quickest driver for a closed loop that is there. */
export function closedLoopDriver(): Driver {
  return has("wrk") ? "wrk" : "autocannon";
}

// --- internal ---

/** Its main file is compiled, whoever asks: Node 20 runs no TypeScript. */
const CLIENT = fileURLToPath(new URL("../../entry/load.js", import.meta.url)).replace(
  /\/src\/entry\/(?=[^/]*$)/,
  "/dist/entry/",
);
/** Beyond the time that it was asked for. */
const PATIENCE_MS = 30_000;
const SAMPLE_MS = 100;

function coreShare(child: ChildProcess, began: number): number {
  return cpuMicroseconds([child.pid ?? 0]) / 1000 / (performance.now() - began);
}

/** wrk counts failures, and does not say what they were. */
async function example(options: LoadOptions): Promise<string> {
  for (const { method, path } of requestsOf(options)) {
    if (method !== "GET") continue;
    const { status, text } = await ask(options.at, path);
    if (status === null || status >= 400)
      return `; ${path} is answered: ${text === "" ? "nothing" : text.slice(0, 500)}`;
  }
  return "";
}

function failure(problem: string): JunicornError {
  return new JunicornError("ERR_LOAD", { problem });
}
