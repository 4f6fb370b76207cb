/** Measures the subjects of a plan in turns, so that a slow minute of the machine hits all of them alike. */

import type { ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan, Subject } from "../plans.ts";
import { has, load, type LoadResult } from "./load.ts";
import { cpuMicroseconds, leaves, residentMiB } from "./proc.ts";
import { firstResponse, freePort, tree, type Address, type Fleet } from "./server.ts";

export interface Options {
  readonly runs: number;
  readonly seconds: number;
  readonly connections: number;
  readonly serverCore: number;
  readonly clientCore: number;
}

export interface Sample extends LoadResult {
  /** User and system time of the processes that serve; a master beside them is not counted. */
  readonly cpuMicrosecondsPerRequest: number;
  /** Of all processes of the server. */
  readonly residentMiB: number;
}

interface Running {
  readonly subject: Subject;
  readonly child: ChildProcess;
  readonly at: Address;
  readonly samples: Sample[];
}

/** Before the first round, for the compiler to be done: what it made is still there in the others. */
const WARM_UP_SECONDS = 2;

/** Samples by subject. Subjects that need a program that is not there are left out. */
export async function compare(
  plan: Plan,
  options: Options,
  fleet: Fleet,
  progress: (text: string) => void,
): Promise<Map<string, Sample[]>> {
  const running: Running[] = [];
  for (const subject of plan.subjects) {
    if (subject.needs && !has(subject.needs.program)) {
      progress(`left out: ${subject.name} (${subject.needs.install})`);
      continue;
    }
    const at = plan.closes ? join(tmpdir(), `junicorn-bench-${process.pid}-${running.length}.sock`) : await freePort();
    const began = performance.now();
    const child = fleet.start(subject.command(at), options.serverCore);
    await firstResponse(at, began);
    running.push({ subject, child, at, samples: [] });
  }
  for (let round = 1; round <= options.runs; round++) {
    for (const server of running) {
      const sample = await measure(server, plan, options, round === 1, fleet);
      server.samples.push(sample);
      const errors = sample.errors > 0 ? `, ${sample.errors} errors` : "";
      progress(
        `${round}/${options.runs}  ${server.subject.name}: ${Math.round(sample.requestsPerSecond)} requests/s${errors}`,
      );
    }
  }
  for (const server of running) await fleet.stop(server.child);
  return new Map(running.map(({ subject, samples }) => [subject.name, samples]));
}

// --- internal ---

async function measure(
  server: Running,
  { post, closes }: Plan,
  options: Options,
  first: boolean,
  fleet: Fleet,
): Promise<Sample> {
  const shared = { at: server.at, connections: options.connections, core: options.clientCore, post, closes };
  const started = (child: ChildProcess): void => fleet.adopt(child);
  if (first) await load({ ...shared, seconds: WARM_UP_SECONDS }, started);
  const pids = tree(server.child);
  const serving = leaves(server.child.pid ?? 0);
  const before = cpuMicroseconds(serving);
  const result = await load({ ...shared, seconds: options.seconds }, started);
  return {
    ...result,
    cpuMicrosecondsPerRequest: (cpuMicroseconds(serving) - before) / result.requests,
    residentMiB: pids.reduce((sum, pid) => sum + residentMiB(pid), 0),
  };
}
