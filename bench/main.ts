/**
 * `npm run bench -- PLAN [--runs N] [--seconds N] [--connections N] [--quick] [--nodes 22,24]`: compares servers on this machine and prints
 * which bars hold. `--quick` tries a bench out, and its numbers are worth little; `--nodes` has Express measured on other versions of Node too (async).
 * The server has core 0 and the load core 1; load stays on loopback. Exit status 1 if a bar is missed.
 */

import { parseArgs } from "node:util";
import { Fleet } from "../src/measure/server/fleet.ts";
import { benchAsync } from "./async.ts";
import { benchBalance } from "./balance.ts";
import { benchGthread } from "./gthread.ts";
import { compare, type Options } from "./lib/compare.ts";
import { measureMaster } from "./lib/master.ts";
import { describeMachine, verdictLine } from "./lib/report.ts";
import { judge, results } from "./lib/verdicts.ts";
import { PLANS, type Plan } from "./plans.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string" },
    seconds: { type: "string" },
    connections: { type: "string", default: "64" },
    quick: { type: "boolean", default: false },
    nodes: { type: "string", default: "" },
  },
});
const fleet = new Fleet();
process.on("exit", () => fleet.killAll());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

const options: Options = {
  runs: Number(values.runs ?? (values.quick ? 1 : 5)),
  seconds: Number(values.seconds ?? (values.quick ? 1 : 2)),
  connections: Number(values.connections),
  serverCore: 0,
  clientCore: 1,
};
const nodes = values.nodes.split(",").filter((version) => version !== "");
/** What is more than a plan: each prints its bars, and resolves with whether all hold. */
const benches: Readonly<Record<string, () => Promise<boolean>>> = {
  async: () => benchAsync({ ...options, nodes, quick: values.quick }, fleet, progress),
  gthread: () => benchGthread(options, fleet),
  balance: () => benchBalance(options, fleet),
};
const name = positionals[0] ?? "";
const [plan, special] = [PLANS[name], benches[name]];
if (special !== undefined) {
  process.exitCode = (await special()) ? 0 : 1;
} else if (plan !== undefined) {
  await bench(plan, options);
} else {
  const names = [...Object.keys(PLANS), ...Object.keys(benches)].join("|");
  process.stderr.write(
    `usage: npm run bench -- ${names} [--runs 5] [--seconds 2] [--connections 64] [--quick] [--nodes 22,24]\n`,
  );
  process.exitCode = 2;
}

// --- internal ---

async function bench(chosen: Plan, options: Options): Promise<void> {
  const { subjects, bars, about, master } = chosen;
  const seconds = subjects.length * (options.runs * options.seconds + 3) + (master ? 15 : 0);
  print(
    `${about}\n${describeMachine()}\n${options.connections} connections, ${options.runs} runs of ${options.seconds} s in turns; about ${seconds} s\n`,
  );
  const samples = await compare(chosen, options, fleet, progress);
  const verdicts = bars.map((bar) => judge(samples, bar));
  if (master) verdicts.push(...(await measureMaster(fleet, progress)));
  print(`\n${results(samples)}\n\n${verdicts.map(verdictLine).join("\n")}`);
  if (verdicts.some(({ passed }) => passed !== true)) process.exitCode = 1;
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
