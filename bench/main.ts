/**
 * `npm run bench -- PLAN [--runs N] [--seconds N] [--connections N]`: compares servers on this machine and prints which bars hold.
 * The server has core 0 and the load core 1; load stays on loopback. Exit status 1 if a bar is missed.
 */

import { parseArgs } from "node:util";
import { benchBalance } from "./balance.ts";
import { benchGthread } from "./gthread.ts";
import { compare, type Options, type Sample } from "./lib/compare.ts";
import { measureMaster } from "./lib/master.ts";
import { describeMachine, table, thousands, verdictLine, type Verdict } from "./lib/report.ts";
import { Fleet } from "./lib/server.ts";
import { median, spread } from "./lib/stats.ts";
import { PLANS, type Plan } from "./plans.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "64" },
  },
});
const fleet = new Fleet();
process.on("exit", () => fleet.killAll());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

const options: Options = {
  runs: Number(values.runs),
  seconds: Number(values.seconds),
  connections: Number(values.connections),
  serverCore: 0,
  clientCore: 1,
};
const name = positionals[0] ?? "";
const plan = PLANS[name];
if (name === "gthread") {
  process.exitCode = (await benchGthread(options, fleet)) ? 0 : 1;
} else if (name === "balance") {
  process.exitCode = (await benchBalance(options, fleet)) ? 0 : 1;
} else if (plan !== undefined) {
  await bench(plan, options);
} else {
  process.stderr.write(
    `usage: npm run bench -- ${Object.keys(PLANS).join("|")}|gthread|balance [--runs 5] [--seconds 3] [--connections 64]\n`,
  );
  process.exitCode = 2;
}

// --- internal ---

async function bench(chosen: Plan, options: Options): Promise<void> {
  const { subjects, bars, about, master } = chosen;
  const seconds = subjects.length * (options.runs * (options.seconds + 1) + 1) + (master ? 15 : 0);
  print(
    `${about}\n${describeMachine()}\n${options.connections} connections, ${options.runs} runs of ${options.seconds} s in turns; about ${seconds} s\n`,
  );
  const samples = await compare(chosen, options, fleet, progress);
  const verdicts = bars.map(({ subject, factor, of }) => judge(samples, subject, factor, of));
  if (master) verdicts.push(...(await measureMaster(fleet, progress)));
  print(`\n${results(samples)}\n\n${verdicts.map(verdictLine).join("\n")}`);
  if (verdicts.some(({ passed }) => passed !== true)) process.exitCode = 1;
}

function results(samples: Map<string, Sample[]>): string {
  const header = ["server", "requests/s", "±", "p50 ms", "p99 ms", "CPU µs/request", "RSS MiB", "errors"];
  const rows = [...samples].map(([name, list]) => {
    const middle = (pick: (sample: Sample) => number): number => median(list.map(pick));
    return [
      name,
      thousands(middle((sample) => sample.requestsPerSecond)),
      `${spread(list.map((sample) => sample.requestsPerSecond)).toFixed(0)} %`,
      middle((sample) => sample.p50Milliseconds).toFixed(2),
      middle((sample) => sample.p99Milliseconds).toFixed(2),
      middle((sample) => sample.cpuMicrosecondsPerRequest).toFixed(1),
      middle((sample) => sample.residentMiB).toFixed(0),
      String(list.reduce((sum, sample) => sum + sample.errors, 0)),
    ];
  });
  return table(header, rows);
}

function judge(samples: Map<string, Sample[]>, subject: string, factor: number, of: string): Verdict {
  const text = `${subject} ≥ ${factor} × ${of}`;
  const [ours, theirs] = [samples.get(subject), samples.get(of)].map((list) =>
    list ? median(list.map((sample) => sample.requestsPerSecond)) : undefined,
  );
  if (ours === undefined || theirs === undefined) return { text, value: "a server is missing", passed: null };
  return { text, value: `${(ours / theirs).toFixed(2)} ×`, passed: ours >= factor * theirs };
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
