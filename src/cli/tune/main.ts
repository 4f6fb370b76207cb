/** `junicorn tune`: which worker class, how many workers and threads, for this application, this traffic and this machine. */

import { ExitStatus, JunicornError, rowOf } from "../../base/errors.ts";
import { sizeOf, styleFor } from "../../base/terminal/style.ts";
import { availableCpus } from "../../config/cpus.ts";
import { totalMemory } from "../../config/memory.ts";
import type { SettingName } from "../../config/settings/index.ts";
import { processEnvironment } from "../../config/sources.ts";
import { version } from "../../master/version.ts";
import type { Measurement } from "../../measure/load/load.ts";
import { thisMachine } from "../../measure/machine.ts";
import { type Results, RESULTS_VERSION, summarise } from "../../measure/results.ts";
import { type Candidate, nameOf, optionsOf } from "../../tune/candidate.ts";
import type { Finding } from "../../tune/finding.ts";
import { firstCandidates, type Scope } from "../../tune/grid.ts";
import { reasonsOf } from "../../tune/reasons.ts";
import type { Goal, Outcome } from "../../tune/sample.ts";
import { search } from "../../tune/search.ts";
import { runCommand } from "../command.ts";
import { readTraffic } from "../traffic/options.ts";
import { preflight } from "../traffic/preflight.ts";
import { chosenRequests, turnOf, type Weighted } from "../traffic/requests.ts";
import { INTERRUPTED, type Session, withSession } from "../traffic/session.ts";
import { runLength, type Traffic, type Trial, tryOut } from "../traffic/trial.ts";
import { reportFile, writeReport } from "../traffic/write-report.ts";
import { tuneCommand, type TuneOptions } from "./options.ts";
import { progressOn } from "./progress.ts";
import { type Result, tuneView } from "./view.ts";
import { linesOf, writeRecommendation, type Written } from "./write.ts";

/** Resolves with 0, 1 if there is nothing to recommend or to write it in, or 130 if it was interrupted. */
export async function tune(argv: readonly string[]): Promise<number> {
  const cwd = process.cwd();
  let status: number = ExitStatus.OK;
  const command = tuneCommand().action(async (options: TuneOptions, self) => {
    const requests = await chosenRequests(options, cwd);
    const traffic = readTraffic(options);
    const file = reportFile(options.report, cwd);
    status = await withSession(self.args, self, async (session) => {
      refuseOwn(session);
      const tuning = new Tuning(session, options, requests, { ...traffic, requests: turnOf(requests) });
      return await tuning.run(["junicorn", "tune", ...argv].join(" "), self.args, file);
    });
  });
  await runCommand(command, argv);
  return status;
}

// --- internal ---

const DEFAULT_SECONDS = 75;

/** What is looked for cannot be given. */
const SOUGHT: readonly SettingName[] = ["workers", "workerClass", "threads"];

function refuseOwn({ origins }: Session): void {
  const given = SOUGHT.map((name) => origins.get(name)).find((origin) => origin?.kind === "command line");
  if (given === undefined) return;
  const problem = `${given.label} is what junicorn tune looks for: leave it out; --classes says which worker classes are tried, and junicorn bench measures what you name`;
  throw new JunicornError("ERR_USAGE", { problem });
}

class Tuning {
  readonly #session: Session;
  readonly #options: TuneOptions;
  readonly #requests: readonly Weighted[];
  readonly #traffic: Traffic;
  readonly #scope: Scope;
  readonly #goal: Goal;
  readonly #measured = new Map<string, Measurement[]>();
  readonly #machine = thisMachine();
  readonly #date = new Date().toISOString();

  constructor(
    session: Session,
    options: TuneOptions,
    requests: readonly Weighted[],
    traffic: Omit<Traffic, "connections" | "rate" | "seconds"> &
      Pick<ReturnType<typeof readTraffic>, "connections" | "rate">,
  ) {
    const [connections = 64] = traffic.connections;
    const { rate = null } = traffic;
    this.#session = session;
    this.#options = options;
    this.#requests = requests;
    this.#traffic = { ...traffic, connections, rate, seconds: options.seconds ?? 1 };
    this.#goal = { rate, maxMemoryBytes: options.maxMemory ?? null, p99Ms: options.p99 ?? null };
    this.#scope = {
      cpus: availableCpus(),
      connections,
      workerConnections: session.settings.workerConnections,
      ...(options.classes === undefined ? {} : { classes: options.classes }),
    };
  }

  async run(typed: string, rest: readonly string[], reportFile: string | null): Promise<number> {
    const finding = await this.#search();
    const { recommended } = finding;
    const { cpus, connections } = this.#scope;
    const reasons = reasonsOf(finding, { goal: this.#goal, cpus, connections });
    const command = recommended === null ? "" : commandOf(rest, recommended.candidate);
    const written =
      this.#options.write === true && recommended !== null && !finding.interrupted
        ? await writeRecommendation(recommended.candidate, this.#session.settings)
        : null;
    this.#print({ finding, reasons, command }, written);
    if (reportFile !== null)
      writeReport(reportFile, this.#results(typed, { finding, reasons, command }), (text) => console.error(text));
    if (finding.interrupted) return INTERRUPTED;
    return recommended === null || (written !== null && "problem" in written) ? ExitStatus.FAILURE : ExitStatus.OK;
  }

  async #search(): Promise<Finding> {
    const { signal } = this.#session;
    const budgetMs = (this.#options.time ?? DEFAULT_SECONDS) * 1000;
    const now = (): number => performance.now();
    const progress = progressOn(process.stderr, styleFor(process.stderr, processEnvironment()), budgetMs, now);
    try {
      progress.say("sending each request once");
      const longest = await preflight(
        firstCandidates(this.#scope)[0]!,
        this.#requests.map(({ request }) => request),
        this.#session,
      );
      const traffic = { ...this.#traffic, seconds: this.#options.seconds ?? runLength(longest) };
      return await search({
        scope: this.#scope,
        goal: this.#goal,
        memoryBytes: totalMemory(),
        budgetMs,
        measure: (candidate) => this.#measure(candidate, traffic),
        now,
        signal,
        report: (step) => progress.step(step),
      });
    } finally {
      progress.end();
    }
  }

  async #measure(candidate: Candidate, traffic: Traffic): Promise<Outcome> {
    const trial = await tryOut(candidate, traffic, this.#session).catch((error: Error): Trial => {
      // What is known is worth more than a reason to stop, unless there is nothing known.
      if (this.#measured.size === 0 || rowOf(error) === undefined) throw error;
      return { kind: "failed", problem: error.message };
    });
    if (trial.kind === "failed") return trial;
    const { measurement } = trial;
    const name = nameOf(candidate);
    this.#measured.set(name, [...(this.#measured.get(name) ?? []), measurement]);
    const { requestsPerSecond, latency, pssMiB, rssMiB, othersShare } = measurement;
    const { cpuMicrosecondsPerRequest: cpu, clientCore } = measurement;
    return {
      kind: "measured",
      sample: {
        requestsPerSecond,
        p50Ms: latency.p50,
        p99Ms: latency.p99,
        memoryBytes: (pssMiB || rssMiB) * 2 ** 20,
        cpuMsPerRequest: cpu === null ? null : cpu / 1000,
        loadShare: clientCore,
        othersShare,
      },
    };
  }

  #print(result: Result, written: Written | null): void {
    const { finding, reasons, command } = result;
    if (this.#options.json === true) {
      console.log(JSON.stringify({ command, reasons, ...finding, written }, null, 2));
    } else {
      const style = styleFor(process.stdout, processEnvironment());
      console.log(tuneView(result, { width: sizeOf(process.stdout).width, style }).join("\n"));
    }
    if (written === null) {
      if (this.#options.write === true) console.error("\njunicorn: nothing was written");
    } else if ("file" in written) console.error(`\nwritten to ${written.file}`);
    else {
      const lines = linesOf(finding.recommended!.candidate).join("\n");
      console.error(`\njunicorn: nothing was written: ${written.problem}\nThese are the lines to put there:\n${lines}`);
    }
  }

  #results(typed: string, { finding, reasons, command }: Result): Results {
    const { recommended, standings, interrupted } = finding;
    const { app } = this.#session.settings;
    const points = standings.flatMap(({ candidate }) => {
      const runs = this.#measured.get(nameOf(candidate));
      return runs === undefined
        ? []
        : [summarise(nameOf(candidate), candidate === recommended?.candidate ? "ours" : "peer", runs)];
    });
    const leftOut = standings.filter(({ rank }) => rank === "failed" || rank === "too-large");
    return {
      version: RESULTS_VERSION,
      title: recommended === null ? `Nothing suits ${app}` : `${nameOf(recommended.candidate)} suits ${app}`,
      command: typed,
      date: this.#date,
      junicorn: version(),
      machine: this.#machine,
      peers: "others that were tried",
      notes: [...(command === "" ? [] : [command]), ...reasons],
      scenarios: [
        {
          name: "candidates",
          title: "What was tried",
          about: "What is recommended is in colour. Losers were dropped early, and ran less often than the others.",
          points,
          leftOut: leftOut.map(({ candidate, why }) => ({ subject: nameOf(candidate), why })),
        },
      ],
      ...(interrupted ? { interrupted: "It was interrupted: this is what was known by then." } : {}),
    };
  }
}

/** The server's command with what is recommended; what need not be said is left out. */
function commandOf(rest: readonly string[], candidate: Candidate): string {
  const options = optionsOf(candidate).filter(
    (_, at, all) => candidate.workerClass === "gthread" || (all[at] !== "--threads" && all[at - 1] !== "--threads"),
  );
  return ["junicorn", ...options, ...rest]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
