/** The compares that have bars: how each class must stand beside other servers. They print their tables, and resolve with their bars. */

import type { Fleet } from "../src/measure/server/fleet.ts";
import { benchAsync } from "./async.ts";
import { benchBalance } from "./balance.ts";
import { benchGthread } from "./gthread.ts";
import { compare, type Options } from "./lib/compare.ts";
import { measureMaster } from "./lib/master.ts";
import { describeMachine, type Verdict } from "./lib/report.ts";
import { judge, results } from "./lib/verdicts.ts";
import { narrowed, type Plan, PLANS } from "./plans.ts";

export interface CompareOptions extends Options {
  readonly quick: boolean;
  /** Other versions of Node that Express is also measured on. */
  readonly nodes: readonly string[];
  /** Those run on the glibc of Debian 13. */
  readonly newerGlibc: boolean;
  /** In lower case: of sync, engine and async, only servers whose names contain one of them; empty: all. */
  readonly only: readonly string[];
}

type Progress = (text: string) => void;

export interface Compare {
  readonly about: string;
  /** In the long form. */
  readonly minutes: number;
  readonly run: (options: CompareOptions, fleet: Fleet, progress: Progress) => Promise<Verdict[]>;
}

export const COMPARES: Readonly<Record<string, Compare>> = {
  sync: fromPlan(PLANS["sync"]!, 1.5),
  engine: fromPlan(PLANS["engine"]!, 1),
  async: {
    about: "the async class: frameworks, JSON, and 15,000 connections, beside what people run today",
    minutes: 6,
    run: benchAsync,
  },
  gthread: {
    about: "the gthread class: what threads bring, what they cost, and that one which hangs costs nobody else",
    minutes: 3,
    run: benchGthread,
  },
  balance: {
    about: "how evenly connections spread over four workers, beside Node's cluster",
    minutes: 1,
    run: benchBalance,
  },
};

// --- internal ---

function fromPlan(plan: Plan, minutes: number): Compare {
  return { about: plan.about, minutes, run: (options, fleet, progress) => runPlan(plan, options, fleet, progress) };
}

async function runPlan(whole: Plan, options: CompareOptions, fleet: Fleet, progress: Progress): Promise<Verdict[]> {
  const plan = narrowed([whole], options.only)[0]!;
  const { about, bars } = plan;
  const master = plan.master === true && options.only.length === 0;
  print(`${about}\n${describeMachine()}`);
  print(`${options.connections} connections, ${options.runs} runs of ${options.seconds} s in turns\n`);
  const samples = await compare(plan, options, fleet, progress);
  print(`\n${results(samples)}`);
  options.soFar("");
  const verdicts = bars.map((bar) => judge(samples, bar));
  return master ? [...verdicts, ...(await measureMaster(fleet, progress))] : verdicts;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
