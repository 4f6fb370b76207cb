/** Runs scenarios of the suite, and writes what came of them: the table as it goes, and at the end, or where it was cut short, the files. */

import { existsSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { JunicornError } from "../../src/base/errors.ts";
import { styleFor } from "../../src/base/terminal/style.ts";
import { describeMachine, thisMachine } from "../../src/measure/machine.ts";
import { absentLines, failureLines, pointsTable } from "../../src/measure/points-table.ts";
import { report } from "../../src/measure/report/html.ts";
import { readResults, type Results, RESULTS_VERSION, type ScenarioResult } from "../../src/measure/results.ts";
import { makeWritable } from "../../src/measure/writable.ts";
import type { Fleet } from "../../src/measure/server/fleet.ts";
import { commit } from "../lib/report.ts";
import { estimate } from "./budget.ts";
import { RESULTS } from "./places.ts";
import { type Progress, ScenarioRun, type SuiteOptions } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";

export interface Output {
  /** The results' file; null: bench/results/, named after the time. */
  readonly file: string | null;
  /** Keep what the file has of other scenarios. */
  readonly merge: boolean;
  readonly command: string;
}

export class Suite {
  readonly #options: SuiteOptions;
  readonly #fleet: Fleet;
  readonly #output: Output;
  readonly #progress: Progress;
  readonly #began = new Date();
  readonly #file: string;
  readonly #machine = thisMachine();
  readonly #done: ScenarioResult[] = [];
  #current: ScenarioRun | null = null;

  constructor(options: SuiteOptions, output: Output, fleet: Fleet, progress: Progress) {
    this.#options = options;
    this.#output = output;
    this.#fleet = fleet;
    this.#progress = progress;
    const name = this.#began.toISOString().slice(0, 19).replaceAll(":", "-");
    this.#file = output.file ?? join(RESULTS, `${name}.json`);
  }

  async run(names: readonly string[]): Promise<void> {
    try {
      makeWritable(this.#file);
    } catch (error) {
      const problem = `--out ${this.#file}: it cannot be written: ${(error as Error).message}`;
      throw new JunicornError("ERR_USAGE", { problem });
    }
    const seconds = estimate(names, this.#options);
    print(`${describeMachine(this.#machine)}\nJunicorn ${commit()}`);
    print(
      `${names.join(", ")}: ${this.#options.runs} runs of ${this.#options.seconds} s in turns; about ${minutes(seconds)}\n`,
    );
    for (const [index, name] of names.entries()) {
      const scenario = SCENARIOS[name]!;
      this.#progress(`${scenario.title} (${index + 1} of ${names.length})`);
      this.#current = new ScenarioRun(name, scenario, this.#options, this.#fleet, this.#progress);
      await this.#current.run();
      const result = this.#current.soFar();
      this.#current = null;
      this.#done.push(result);
      printScenario(result);
    }
    this.#write();
  }

  /** What is known when the run is cut short. */
  giveUp(): void {
    const current = this.#current?.soFar();
    this.#current = null;
    if (current !== undefined && current.points.length > 0) {
      printScenario(current);
      this.#done.push(current);
    }
    if (this.#done.length > 0) this.#write("It was interrupted: some of what was asked for is missing.");
  }

  #write(interrupted?: string): void {
    const merging = this.#output.merge && existsSync(this.#file);
    // Something whole is worth more than a part of its successor.
    const beside = interrupted !== undefined && !merging && existsSync(this.#file);
    const file = beside ? `${this.#file.replace(/\.json$/, "")}.interrupted.json` : this.#file;
    const own: Results = {
      version: RESULTS_VERSION,
      title: "Junicorn's worker classes, and other servers",
      command: this.#output.command,
      date: this.#began.toISOString(),
      junicorn: commit(),
      machine: this.#machine,
      scenarios: this.#done,
      ...(interrupted === undefined ? {} : { interrupted }),
    };
    const results = merging ? merged(readResults(file), own) : own;
    writeFileSync(file, `${JSON.stringify(results)}\n`);
    const page = writePage(file, results);
    print(`results: ${relative(process.cwd(), file)}\nreport:  ${relative(process.cwd(), page)}`);
  }
}

/** Beside the file of results; returns its name. */
export function writePage(file: string, results: Results): string {
  const page = `${file.replace(/\.json$/, "")}.html`;
  writeFileSync(page, report(results));
  return page;
}

/** The scenarios of both, the later ones' in place of the earlier ones', in the table's order. Exported for its test. */
export function merged(earlier: Results, later: Results): Results {
  const fresh = new Set(later.scenarios.map(({ name }) => name));
  const order = Object.keys(SCENARIOS);
  const kept = earlier.scenarios.filter(({ name }) => !fresh.has(name));
  const scenarios = [...kept, ...later.scenarios].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const commands = [...new Set([...earlier.command.split("\n"), ...later.command.split("\n")])];
  return { ...later, scenarios, command: kept.length === 0 ? later.command : commands.join("\n") };
}

// --- internal ---

function printScenario(result: ScenarioResult): void {
  const style = styleFor(process.stdout, process.env);
  const width = process.stdout.columns ?? Infinity;
  print(`\n${style.bold(result.title)}\n${result.about}\n`);
  if (result.points.length > 0) print(pointsTable(result.points, { style, width }).join("\n"));
  for (const line of failureLines(result.points)) print(style.red(line));
  for (const line of absentLines(result)) print(style.yellow(line));
  print("");
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds / 10) * 10} s` : `${Math.ceil(seconds / 60)} min`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
