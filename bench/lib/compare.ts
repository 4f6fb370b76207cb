/** Measures the subjects of a plan in turns, so that a slow minute of the machine hits all of them alike. */

import { join } from "node:path";
import type { Plan, Subject } from "../plans.ts";
import { type Measurement, measureDuring } from "../../src/measure/load/load.ts";
import { type Fleet, has, type Server } from "../../src/measure/server/fleet.ts";
import { type Endpoint, freePort } from "../../src/measure/server/ready.ts";
import { load } from "./load.ts";
import { results } from "./verdicts.ts";

export interface Options {
  readonly runs: number;
  readonly seconds: number;
  readonly connections: number;
  readonly serverCore: number;
  readonly clientCore: number;
  /** Is told the table of what there is by now, for when the run is cut short; and "" when the table has been printed. */
  readonly soFar: (table: string) => void;
}

interface Running {
  readonly subject: Subject;
  readonly server: Server;
  readonly at: Endpoint;
  readonly samples: Measurement[];
}

/** Before the first round, for the compiler to be done: what it made is still there in the others. */
const WARM_UP_SECONDS = 2;

/** Samples by subject. Subjects that need a program that is not there are left out. */
export async function compare(
  plan: Plan,
  options: Options,
  fleet: Fleet,
  progress: (text: string) => void,
): Promise<Map<string, Measurement[]>> {
  const running: Running[] = [];
  const samples = (): Map<string, Measurement[]> =>
    new Map(running.map(({ subject, samples }) => [subject.name, samples]));
  const folder = fleet.makeFolder("bench");
  for (const subject of plan.subjects) {
    if (subject.needs && !has(subject.needs.program)) {
      progress(`left out: ${subject.name} (${subject.needs.install})`);
      continue;
    }
    const at = plan.closes ? join(folder, `${running.length}.sock`) : await freePort();
    const server = fleet.start(subject.command(at), { cores: options.serverCore });
    await server.ready(at);
    running.push({ subject, server, at, samples: [] });
  }
  for (let round = 1; round <= options.runs; round++) {
    for (const one of running) {
      const sample = await measure(one, plan, options, round === 1, fleet);
      one.samples.push(sample);
      options.soFar(results(new Map([...samples()].filter(([, list]) => list.length > 0))));
      const errors = sample.errors > 0 ? `, ${sample.errors} errors` : "";
      progress(
        `${round}/${options.runs}  ${one.subject.name}: ${Math.round(sample.requestsPerSecond)} requests/s${errors}`,
      );
    }
  }
  for (const { server } of running) await fleet.stop(server);
  fleet.removeFolder(folder);
  return samples();
}

// --- internal ---

async function measure(
  { server, at }: Running,
  { post, closes }: Plan,
  { connections, seconds, clientCore }: Options,
  first: boolean,
  fleet: Fleet,
): Promise<Measurement> {
  const shared = { at, connections, cores: clientCore, post, closes };
  if (first) await load({ ...shared, seconds: WARM_UP_SECONDS }, fleet);
  return measureDuring(server, () => load({ ...shared, seconds }, fleet));
}
