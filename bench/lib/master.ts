/** What the master costs: its memory, and the time from start to the first response. */

import type { Fleet } from "../../src/measure/server/fleet.ts";
import { residentMiB } from "../../src/measure/server/processes.ts";
import { freePort } from "../../src/measure/server/ready.ts";
import { median, spread } from "../../src/measure/statistics.ts";
import type { Verdict } from "./report.ts";
import { junicorn } from "./server.ts";

const STARTS = 10;
const FIRST_RESPONSE_MS = 300;
const MASTER_MIB = 60;

export async function measureMaster(fleet: Fleet, progress: (text: string) => void): Promise<Verdict[]> {
  const times: number[] = [];
  const sizes: number[] = [];
  for (let i = 1; i <= STARTS; i++) {
    const port = await freePort();
    const began = performance.now();
    const server = fleet.start(junicorn(port, ["--workers", "2", "hello-node.mjs"]));
    times.push(await server.ready(port, { since: began }));
    sizes.push(residentMiB(server.pid));
    await fleet.stop(server);
    progress(
      `start ${i}/${STARTS}: first response after ${times.at(-1)?.toFixed(0)} ms, master ${sizes.at(-1)?.toFixed(1)} MiB`,
    );
  }
  return [
    {
      text: `first response within ${FIRST_RESPONSE_MS} ms of start with 2 workers (median of ${STARTS})`,
      value: `${median(times).toFixed(0)} ms (±${spread(times).toFixed(0)} %)`,
      passed: median(times) <= FIRST_RESPONSE_MS,
    },
    {
      text: `the master's resident memory under ${MASTER_MIB} MiB (most of ${STARTS})`,
      value: `${Math.max(...sizes).toFixed(1)} MiB`,
      passed: Math.max(...sizes) < MASTER_MIB,
    },
  ];
}
