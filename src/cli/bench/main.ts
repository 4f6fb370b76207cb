/** `junicorn bench`: the user's application in every worker class, side by side. */

import { ExitStatus } from "../../base/errors.ts";
import { sizeOf, styleFor } from "../../base/terminal/style.ts";
import { availableCpus } from "../../config/cpus.ts";
import { processEnvironment } from "../../config/sources.ts";
import { version } from "../../master/version.ts";
import type { Measurement } from "../../measure/load/load.ts";
import { describeMachine, thisMachine } from "../../measure/machine.ts";
import { failureLines, pointsTable } from "../../measure/points-table.ts";
import { type Point, type Results, RESULTS_VERSION, summarise } from "../../measure/results.ts";
import { type Candidate, nameOf, TUNED_CLASSES, type TunedClass } from "../../tune/candidate.ts";
import { createCommand, runCommand } from "../command.ts";
import { classes, integers, invalid, readTraffic, type TrafficChoice, trafficOptions } from "../traffic/options.ts";
import { preflight } from "../traffic/preflight.ts";
import { chosenRequests, lineOf, turnOf, type Weighted } from "../traffic/requests.ts";
import { ABOUT_SERVER, INTERRUPTED, type Session, withSession } from "../traffic/session.ts";
import { reportFile, writeReport } from "../traffic/write-report.ts";
import { runLength, type Traffic, tryOut } from "../traffic/trial.ts";

interface Options extends Partial<TrafficChoice> {
  readonly classes?: readonly TunedClass[];
  readonly workers?: readonly number[];
  readonly threads?: readonly number[];
  readonly runs?: number;
  readonly json?: boolean;
  readonly report?: string;
}

/** Resolves with 0, 1 if a class failed, or 130 if it was interrupted. */
export async function bench(argv: readonly string[]): Promise<number> {
  const cwd = process.cwd();
  let status: number = ExitStatus.OK;
  const command = trafficOptions(createCommand("junicorn bench", DESCRIPTION), { several: true })
    .usage("[OPTIONS] MODULE[:EXPORT]")
    .allowUnknownOption()
    .allowExcessArguments()
    .option("--classes <LIST>", "Worker classes [sync,gthread,async]", classes)
    .option("--workers <LIST>", "Numbers of workers [as many as there are CPUs]", integers("--workers"))
    .option("--threads <LIST>", "Numbers of threads of a gthread worker [4]", integers("--threads"))
    .option("--runs <N>", "Runs of each, in turns [3]", count)
    .option("--json", "Print the result as JSON")
    .option("--report <FILE>", "Write a page of HTML with charts")
    .addHelpText("after", `\n${ABOUT_SERVER}\n\n${STATUS}`)
    .action(async (options: Options, self) => {
      const traffic = readTraffic(options);
      const requests = await chosenRequests(options, cwd);
      const file = reportFile(options.report, cwd);
      status = await withSession(self.args, self, async (session) => {
        return await new Run(session, options, traffic, requests, { argv, file }).all();
      });
    });
  await runCommand(command, argv);
  return status;
}

// --- internal ---

const DESCRIPTION = "Measures an application in every worker class, side by side.";
const STATUS = `The exit status is 0, 1 if the application failed in one of them, 3 or 4 if it
cannot be loaded, 130 after Ctrl-C, which still shows what is known. All about it:
docs/tune.md`;

function count(text: string): number {
  const [number, ...more] = integers("--runs")(text);
  if (number === undefined || more.length > 0) throw invalid("--runs", text, "expected an integer of at least 1");
  return number;
}

class Run {
  readonly #session: Session;
  readonly #options: Options;
  readonly #choice: TrafficChoice;
  readonly #requests: readonly Weighted[];
  readonly #argv: readonly string[];
  readonly #file: string | null;
  /** By candidate and connections. */
  readonly #measured = new Map<string, Measurement[]>();
  readonly #failed = new Map<string, string>();
  readonly #date = new Date().toISOString();
  readonly #machine = thisMachine();

  constructor(
    session: Session,
    options: Options,
    choice: TrafficChoice,
    requests: readonly Weighted[],
    { argv, file }: { argv: readonly string[]; file: string | null },
  ) {
    this.#session = session;
    this.#options = options;
    this.#choice = choice;
    this.#requests = requests;
    this.#argv = argv;
    this.#file = file;
  }

  async all(): Promise<number> {
    const { signal } = this.#session;
    try {
      await this.#measureAll();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    const results = this.#results();
    if (this.#options.json === true) console.log(JSON.stringify(results, null, 2));
    else this.#print(results);
    if (this.#file !== null) writeReport(this.#file, results, progress);
    return signal.aborted ? INTERRUPTED : this.#failed.size > 0 ? ExitStatus.FAILURE : ExitStatus.OK;
  }

  async #measureAll(): Promise<void> {
    const { runs = 3 } = this.#options;
    const candidates = this.#candidates();
    const requests = turnOf(this.#requests);
    progress(`trying ${[...new Set(requests.map(lineOf))].slice(0, 5).join(", ")} once`);
    const longest = await preflight(
      candidates[0]!,
      this.#requests.map(({ request }) => request),
      this.#session,
    );
    const seconds = this.#choice.seconds ?? runLength(longest);
    for (let run = 1; run <= runs; run++) {
      for (const candidate of candidates) {
        for (const connections of this.#choice.connections) {
          if (this.#failed.has(nameOf(candidate))) continue;
          const { rate = null, driver } = this.#choice;
          const traffic = { requests, connections, rate, seconds, driver };
          progress(`run ${run} of ${runs}: ${nameOf(candidate)}, ${await this.#measure(candidate, traffic)}`);
        }
      }
    }
  }

  async #measure(candidate: Candidate, traffic: Traffic): Promise<string> {
    const trial = await tryOut(candidate, traffic, this.#session);
    if (trial.kind === "failed") {
      this.#failed.set(nameOf(candidate), trial.problem);
      return `failed: ${trial.problem}`;
    }
    const key = `${nameOf(candidate)} ${traffic.connections}`;
    this.#measured.set(key, [...(this.#measured.get(key) ?? []), trial.measurement]);
    const { requestsPerSecond } = trial.measurement;
    return `${traffic.connections} connections: ${Math.round(requestsPerSecond)} requests/s`;
  }

  #candidates(): Candidate[] {
    const { workers = [availableCpus()], threads = [4], classes: chosen = TUNED_CLASSES } = this.#options;
    return chosen.flatMap((workerClass) =>
      workers.flatMap((number) =>
        (workerClass === "gthread" ? threads : [1]).map((of) => ({
          workerClass,
          workers: number,
          threads: of,
          workerConnections: null,
        })),
      ),
    );
  }

  #results(): Results {
    const points = this.#candidates().flatMap((candidate) =>
      this.#choice.connections.flatMap((connections): Point[] => {
        const runs = this.#measured.get(`${nameOf(candidate)} ${connections}`);
        return runs === undefined ? [] : [summarise(nameOf(candidate), "ours", runs)];
      }),
    );
    const asked = [...new Set(this.#requests.map(({ request }) => lineOf(request)))];
    return {
      version: RESULTS_VERSION,
      title: `${this.#session.settings.app} in every worker class`,
      command: ["junicorn", "bench", ...this.#argv].join(" "),
      date: this.#date,
      junicorn: version(),
      machine: this.#machine,
      scenarios: [
        {
          name: "app",
          title: this.#session.settings.app,
          about: `${asked.slice(0, 5).join(", ")}${asked.length > 5 ? ` and ${asked.length - 5} more` : ""}; the load generator shares the machine with the server.`,
          points,
          leftOut: [...this.#failed].map(([subject, why]) => ({ subject, why })),
        },
      ],
      ...(this.#session.signal.aborted ? { interrupted: "It was interrupted: this is what was known by then." } : {}),
    };
  }

  #print({ machine, scenarios, interrupted }: Results): void {
    const { points = [], leftOut = [] } = scenarios[0] ?? {};
    const style = styleFor(process.stdout, processEnvironment());
    const { width } = sizeOf(process.stdout);
    console.log(style.dim(describeMachine(machine)));
    if (interrupted !== undefined) console.log(style.yellow(interrupted));
    if (points.length > 0) console.log(pointsTable(points, { style, width }).join("\n"));
    for (const line of failureLines(points)) console.log(style.red(line));
    for (const { subject, why } of leftOut) console.log(style.red(`${subject} failed: ${why}`));
  }
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
