/**
 * `npm run bench`: says what there is. Scenarios compare the three classes with other servers, under several loads; compares have bars that must
 * hold. Load stays on loopback. Ctrl-C ends all that was started, and what is known by then is printed.
 */

import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { JunicornError } from "../src/base/errors.ts";
import { readResults } from "../src/measure/results.ts";
import { Fleet } from "../src/measure/server/fleet.ts";
import { COMPARES, type CompareOptions } from "./compares.ts";
import { checkTable, type Judged } from "./lib/check.ts";
import { estimate, fit } from "./suite/budget.ts";
import { Suite, writePage } from "./suite/main.ts";
import { PEERS } from "./suite/places.ts";
import { type SuiteOptions, subjectsOf } from "./suite/run.ts";
import { SCENARIOS } from "./suite/scenarios.ts";

const OPTIONS = {
  runs: { type: "string" },
  seconds: { type: "string" },
  connections: { type: "string" },
  driver: { type: "string" },
  only: { type: "string" },
  out: { type: "string" },
  budget: { type: "string" },
  merge: { type: "boolean", default: false },
  report: { type: "string" },
  quick: { type: "boolean", default: false },
  check: { type: "boolean", default: false },
  "install-peers": { type: "boolean", default: false },
  nodes: { type: "string", default: "" },
  glibc: { type: "boolean", default: false },
} as const;

const fleet = new Fleet();
/** What is printed when the run is cut short. */
let giveUp = (): void => {};
process.on("exit", () => fleet.killAll());
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    fleet.killAll();
    progress("\ninterrupted");
    giveUp();
    process.exit(130);
  });
process.exitCode = await main().catch((error: unknown) => {
  const known = error instanceof JunicornError || (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  progress(known || !(error instanceof Error) ? `error: ${(error as Error).message}` : String(error.stack));
  giveUp();
  fleet.killAll(); // servers that still run would keep us
  return known ? 2 : 1;
});

// --- internal ---

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS });
  if (values["install-peers"]) {
    const args = ["ci", "--prefix", PEERS, "--ignore-scripts", "--no-audit", "--no-fund"];
    return spawnSync("npm", args, { stdio: "inherit" }).status ?? 1;
  }
  if (values.report !== undefined) {
    print(`report: ${writePage(values.report, readResults(values.report))}`);
    return 0;
  }
  const { check, quick } = values;
  const connections = numbers("connections", values.connections);
  const [runs, seconds] = [one("runs", values.runs), one("seconds", values.seconds)];
  const unknown = positionals.find((name) => name !== "suite" && !(name in SCENARIOS) && !(name in COMPARES));
  if (unknown !== undefined) progress(`there is no ${unknown}\n`);
  if (unknown !== undefined || (positionals.length === 0 && !check)) {
    print(usage());
    return unknown === undefined ? 0 : 2;
  }
  const scenarios = positionals.includes("suite")
    ? Object.keys(SCENARIOS)
    : positionals.filter((name) => name in SCENARIOS);
  const compares =
    check && positionals.length === 0 ? Object.keys(COMPARES) : positionals.filter((name) => name in COMPARES);
  const compareOptions: CompareOptions = {
    ...{ runs: runs ?? (quick ? 1 : 5), seconds: seconds ?? (quick ? 1 : 2), connections: connections[0] ?? 64 },
    ...{ serverCore: 0, clientCore: 1, quick, nodes: words(values.nodes), soFar: () => {} },
    newerGlibc: values.glibc,
    only: words((values.only ?? "").toLowerCase()),
  };
  const held = await compareAll(compares, compareOptions);
  if (scenarios.length === 0) return held ? 0 : 1;
  const driver = values.driver ?? null;
  if (driver !== null && driver !== "wrk" && driver !== "autocannon")
    throw usageError(`--driver ${driver}: wrk or autocannon`);
  const options: SuiteOptions = {
    ...{ runs: runs ?? (quick ? 1 : 3), seconds: seconds ?? (quick ? 1 : 2) },
    ...{ connections, driver, quick, thin: false, only: words(values.only ?? "") },
  };
  for (const name of scenarios) {
    if (subjectsOf(SCENARIOS[name]!, options).length > 0) continue;
    const names = subjectsOf(SCENARIOS[name]!, { only: [] }).map((subject) => subject.name);
    throw usageError(`--only ${values.only}: ${name} has no such server; it has ${names.join(", ")}`);
  }
  const output = { file: values.out ?? null, merge: values.merge, command: commandLine() };
  const suite = new Suite(withinBudget(scenarios, options, values.budget), output, fleet, progress);
  giveUp = () => suite.giveUp();
  await suite.run(scenarios);
  giveUp = () => {};
  return held ? 0 : 1;
}

/** Whether all bars hold. */
async function compareAll(names: readonly string[], options: CompareOptions): Promise<boolean> {
  const judged: Judged[] = [];
  let unfinished = "";
  const soFar = (table: string): void => void (unfinished = table);
  giveUp = () => {
    if (unfinished !== "") print(`\n${unfinished}`);
    if (judged.length > 0) print(`\n${checkTable(judged)}`);
  };
  for (const name of names) {
    const verdicts = await COMPARES[name]!.run({ ...options, soFar }, fleet, progress);
    soFar("");
    judged.push(...verdicts.map((verdict) => ({ ...verdict, compare: name })));
    print("");
  }
  giveUp();
  giveUp = () => {};
  return judged.every(({ passed }) => passed === true);
}

function withinBudget(names: readonly string[], options: SuiteOptions, text: string | undefined): SuiteOptions {
  const minutes = one("budget", text);
  if (minutes === undefined) return options;
  const fitting = fit(names, options, minutes * 60);
  if (fitting !== null) return fitting;
  const least = Math.ceil(estimate(names, { ...options, runs: 1, seconds: 1, thin: true }) / 60);
  throw usageError(
    `--budget ${minutes}: the least takes ${least} minutes; name fewer scenarios, or servers with --only`,
  );
}

function usage(): string {
  const suite: SuiteOptions = {
    runs: 3,
    seconds: 2,
    connections: [],
    driver: null,
    only: [],
    quick: false,
    thin: false,
  };
  const length = (name: string): string => `${(estimate([name], suite) / 60).toFixed(0)} min`.padStart(7);
  const scenarios = Object.entries(SCENARIOS).map(
    ([name, { title }]) => `  ${name.padEnd(10)}${length(name)}  ${title}`,
  );
  const compares = Object.entries(COMPARES).map(
    ([name, { about, minutes }]) => `  ${name.padEnd(10)}${`${Math.ceil(minutes)} min`.padStart(7)}  ${about}`,
  );
  return `npm run bench -- NAME... [options]    measures; the machine should have nothing else to do
npm run bench -- --check [NAME...]    the compares, and which of their bars hold: exit status 1 if one does not
npm run bench -- --report FILE.json   draws results anew, as FILE.html
npm run bench -- --install-peers      Bun, Deno, PM2 and pg, into bench/peers

Scenarios: the three classes beside other servers (suite: all of them)
${scenarios.join("\n")}

Compares: with bars
${compares.join("\n")}

Options
  --runs N          rounds, of which medians are taken (3; compares 5)
  --seconds N       how long each load lasts (2)
  --connections N   instead of the scenario's own; several as 8,64
  --driver NAME     wrk or autocannon for closed loops, instead of the scenario's own
  --only TEXT       only servers whose names contain it; several as junicorn,bun; not for gthread and balance
  --budget MINUTES  as many runs and seconds as fit into the time
  --quick           tries it out: one short run, worth little
  --out FILE.json   where results go, and FILE.html the report (bench/results/TIME.json). What Ctrl-C
                    leaves goes to FILE.interrupted.json, if FILE.json is there already
  --merge           keep what FILE.json has of other scenarios
  --nodes 22,24     async: Express on other versions of Node, too
  --glibc           with those on the glibc of Debian 13, as uWebSockets.js needs it on Node 24 and later`;
}

function one(name: string, text: string | undefined): number | undefined {
  return numbers(name, text)[0];
}

function numbers(name: string, text: string | undefined): number[] {
  return words(text ?? "").map((word) => {
    const number = Number(word);
    if (!(number > 0)) throw usageError(`--${name} ${text}: a number over 0 is wanted`);
    return number;
  });
}

function words(text: string): string[] {
  return text.split(",").filter((word) => word !== "");
}

/** As it would be typed again. */
function commandLine(): string {
  const quoted = process.argv
    .slice(2)
    .map((word) => (/^[\w./:=,@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return `npm run bench -- ${quoted.join(" ")}`;
}

function usageError(problem: string): JunicornError {
  return new JunicornError("ERR_USAGE", { problem });
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
