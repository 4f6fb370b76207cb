/** `npm run bench -- async`: uWebSockets under Junicorn, beside what people run today, and with many connections. */

import type { Fleet } from "../src/measure/server/fleet.ts";
import { leaves, residentMiB } from "../src/measure/server/processes.ts";
import { freePort } from "../src/measure/server/ready.ts";
import { median, spread } from "../src/measure/statistics.ts";
import { CROWDED, ECHO, frameworksPlan, helloPlan } from "./async-plans.ts";
import { compare, type Options } from "./lib/compare.ts";
import { crowd, tooManyConnections, type CrowdResult } from "./lib/crowd.ts";
import { load } from "./lib/load.ts";
import { installNodes } from "./lib/nodes.ts";
import { describeMachine, table, thousands, type Verdict } from "./lib/report.ts";
import { judge, results } from "./lib/verdicts.ts";
import { narrowed, type Plan, type Subject } from "./plans.ts";

export interface AsyncOptions extends Options {
  /** Versions of Node that Express is also measured on. */
  readonly nodes: readonly string[];
  /** Those run on the glibc of Debian 13. */
  readonly newerGlibc: boolean;
  readonly quick: boolean;
  /** In lower case: only servers whose names contain one of them, and nothing with many connections; empty: all. */
  readonly only: readonly string[];
}

const IDLE_CONNECTIONS = 10_000;
const IDLE_BYTES = 600;
/** Fresh servers for each measurement of memory. */
const IDLE_RUNS = 3;
const ASKING_CONNECTIONS = 15_000;
const ASKING_SECONDS = 30;
const ASKING_P99_MS = 250;

/** Prints tables; resolves with the bars. */
export async function benchAsync(
  options: AsyncOptions,
  fleet: Fleet,
  progress: (text: string) => void,
): Promise<Verdict[]> {
  const folder = fleet.makeFolder("bench");
  const nodes = await installNodes(options.nodes, options.newerGlibc, folder, progress);
  print(`the async class, one worker\n${describeMachine()}`);
  print(`${options.connections} connections, medians of ${options.runs} runs of ${options.seconds} s, in turns`);
  const verdicts: Verdict[] = [];
  for (const plan of narrowed([helloPlan(folder), frameworksPlan(nodes), ECHO], options.only))
    verdicts.push(...(await bench(plan, options, fleet, progress)));
  if (options.only.length === 0)
    verdicts.push(await idle(options, fleet, progress), await asking(options, fleet, progress));
  return verdicts;
}

// --- internal ---

async function bench(plan: Plan, options: Options, fleet: Fleet, progress: (text: string) => void): Promise<Verdict[]> {
  const samples = await compare(plan, options, fleet, progress);
  print(`\n${plan.about}\n\n${results(samples)}`);
  options.soFar("");
  return plan.bars.map((bar) => judge(samples, bar));
}

/**
 * Growth of the serving process' resident memory, from after a short load (which grows what is there for any number of connections) to
 * 10,000 connections that have been answered once: uWebSockets closes them after 10 s. Fresh servers each time, for memory is not given back.
 */
async function idle(options: AsyncOptions, fleet: Fleet, progress: (text: string) => void): Promise<Verdict> {
  const text = `bytes of resident memory per idle keep-alive connection, ${thousands(IDLE_CONNECTIONS)} of them, ≤ ${IDLE_BYTES}`;
  const problem = tooManyConnections(IDLE_CONNECTIONS);
  if (problem !== null) return { text, value: problem, passed: null };
  const bytes = new Map(CROWDED.map(({ name }): [string, number[]] => [name, []]));
  const failed: string[] = [];
  const runs = options.quick ? 1 : IDLE_RUNS;
  for (let run = 1; run <= runs; run++) {
    for (const subject of CROWDED) {
      const { errors, growth } = await idleOnce(subject, options, fleet);
      bytes.get(subject.name)!.push(growth);
      if (subject === CROWDED[0] && errors !== "") failed.push(errors);
      const said = errors === "" ? "" : `, errors ${errors}`;
      progress(`${run}/${runs}  idle connections, ${subject.name}: ${growth.toFixed(0)} bytes each${said}`);
    }
  }
  const rows = [...bytes].map(([name, list]) => [name, median(list).toFixed(0), `${spread(list).toFixed(0)} %`]);
  print(`\nidle connections\n\n${table(["server", "RSS bytes per connection", "±"], rows)}`);
  const ours = median(bytes.get(CROWDED[0]!.name)!);
  if (failed.length > 0) return { text, value: `connections failed: ${failed.join(", ")}`, passed: false };
  return { text, value: ours.toFixed(0), passed: ours <= IDLE_BYTES };
}

async function idleOnce(subject: Subject, options: Options, fleet: Fleet): Promise<{ errors: string; growth: number }> {
  return serving(subject, options, fleet, async (port, pid) => {
    const seconds = 2;
    await load({ at: port, connections: options.connections, seconds, cores: options.clientCore }, fleet);
    const before = residentMiB(pid);
    let after = before;
    const crowded = { port, connections: IDLE_CONNECTIONS, seconds: 0, core: options.clientCore };
    const result = await crowd(crowded, fleet, () => (after = residentMiB(pid)));
    return { errors: errorsOf(result), growth: ((after - before) * 2 ** 20) / IDLE_CONNECTIONS };
  });
}

async function asking(options: AsyncOptions, fleet: Fleet, progress: (text: string) => void): Promise<Verdict> {
  const seconds = options.quick ? 5 : ASKING_SECONDS;
  const text = `${thousands(ASKING_CONNECTIONS)} connections, each asking once a second for ${seconds} s: no error, p99 < ${ASKING_P99_MS} ms`;
  const problem = tooManyConnections(ASKING_CONNECTIONS);
  if (problem !== null) return { text, value: problem, passed: null };
  progress(`${thousands(ASKING_CONNECTIONS)} connections for ${seconds} s`);
  const crowded = { connections: ASKING_CONNECTIONS, seconds, core: options.clientCore };
  const result = await serving(CROWDED[0]!, options, fleet, (port) => crowd({ port, ...crowded }, fleet));
  const errors = errorsOf(result);
  const times = `p50 ${result.p50.toFixed(1)}, p99 ${result.p99.toFixed(1)}, most ${result.most.toFixed(1)} ms`;
  return {
    text,
    value: `${errors || "no"} errors in ${thousands(result.requests)} requests, ${times}`,
    passed: errors === "" && result.p99 < ASKING_P99_MS && result.requests >= ASKING_CONNECTIONS * (seconds - 1),
  };
}

/** Runs `use` with a fresh server's port and the pid of its serving process. */
async function serving<T>(
  subject: Subject,
  options: Options,
  fleet: Fleet,
  use: (port: number, pid: number) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const server = fleet.start(subject.command(port), { cores: options.serverCore });
  try {
    await server.ready(port);
    return await use(port, leaves(server.pid)[0]!);
  } finally {
    await fleet.stop(server);
  }
}

/** Their kinds and counts, or "". */
function errorsOf({ errors }: CrowdResult): string {
  return Object.keys(errors).length === 0 ? "" : JSON.stringify(errors);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
