/** Runs a scenario: every subject is started, and they are measured in turns, so that a slow minute of the machine hits all of them alike. */

import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { closedLoopDriver, type Measurement, load, measureDuring } from "../../src/measure/load/load.ts";
import type { Driver, LoadOptions, LoadResult } from "../../src/measure/load/options.ts";
import { type ScenarioResult, summarise } from "../../src/measure/results.ts";
import type { Fleet, Server } from "../../src/measure/server/fleet.ts";
import { ask, freePort } from "../../src/measure/server/ready.ts";
import { ROOT } from "../lib/server.ts";
import { type Placement, placementFor } from "./cores.ts";
import { startFixture } from "./fixtures.ts";
import type { Scenario } from "./scenarios.ts";
import { holdSlowClients, loadWebSockets } from "./special.ts";
import { type Class, type Subject, SUBJECTS } from "./subjects.ts";

export interface SuiteOptions {
  readonly runs: number;
  readonly seconds: number;
  /** Instead of the scenario's own. */
  readonly connections: readonly number[];
  readonly driver: Exclude<Driver, "paced"> | null;
  /** Only subjects whose names contain one of these. */
  readonly only: readonly string[];
  /** Nothing but the least: one run, one concurrency. */
  readonly quick: boolean;
  /** Of more than two concurrencies the least and the most. */
  readonly thin: boolean;
}

/** One load of a scenario. */
interface Step {
  readonly connections: number;
  readonly rate: number | null;
}

interface Running {
  readonly subject: Subject;
  readonly server: Server;
  readonly at: number;
  readonly runs: Map<Step, Measurement[]>;
}

export type Progress = (text: string) => void;

export function subjectsOf({ shapes, peers }: Scenario, { only }: Pick<SuiteOptions, "only">): Subject[] {
  const all = [...(Object.keys(shapes) as Class[]), ...peers].map((key): Subject => SUBJECTS[key]);
  return all.filter(({ name }) => isWanted(name, { only }));
}

export function stepsOf(
  { connections, paced }: Scenario,
  options: Pick<SuiteOptions, "connections" | "quick" | "thin">,
): Step[] {
  const wanted = options.connections.length > 0 ? options.connections : connections;
  const fewer = options.thin ? wanted.filter((_, i) => i === 0 || i === wanted.length - 1) : wanted;
  const closed = options.quick ? [wanted[Math.floor(wanted.length / 2)]!] : fewer;
  const steps: Step[] = closed.map((count) => ({ connections: count, rate: null }));
  return paced === undefined ? steps : [...steps, paced];
}

/** Before the first round, for the compiler to be done; in seconds. */
export const WARM_UP = 1;

/** Measures until all is done; `soFar` can be asked at any time, also when it was cut short. */
export class ScenarioRun {
  readonly #name: string;
  readonly #scenario: Scenario;
  readonly #options: SuiteOptions;
  readonly #fleet: Fleet;
  readonly #progress: Progress;
  readonly #placement: Placement;
  readonly #running: Running[] = [];
  readonly #leftOut: { subject: string; why: string }[] = [];

  constructor(name: string, scenario: Scenario, options: SuiteOptions, fleet: Fleet, progress: Progress) {
    this.#name = name;
    this.#scenario = scenario;
    this.#options = options;
    this.#fleet = fleet;
    this.#progress = progress;
    this.#placement = placementFor(scenario.cores);
  }

  soFar(): ScenarioResult {
    const points = this.#running.flatMap(({ subject, runs }) =>
      [...runs.values()].filter((list) => list.length > 0).map((list) => summarise(subject.name, subject.kind, list)),
    );
    const { title, about, unable = {} } = this.#scenario;
    const cannot = Object.entries(unable).map(([key, why]) => ({ subject: SUBJECTS[key as Class].name, why }));
    const wanted = cannot.filter(({ subject }) => isWanted(subject, this.#options));
    const absent = { leftOut: this.#leftOut, ...(wanted.length === 0 ? {} : { unable: wanted }) };
    return { name: this.#name, title, about, points, ...absent };
  }

  async run(): Promise<void> {
    const folder = this.#fleet.makeFolder("bench");
    chmodSync(folder, 0o711); // for PostgreSQL, which runs as somebody else
    try {
      await this.#measureAll(folder);
    } finally {
      for (const { server } of this.#running) await this.#fleet.stop(server);
      this.#fleet.removeFolder(folder);
    }
  }

  async #measureAll(folder: string): Promise<void> {
    const { fixture } = this.#scenario;
    let env: Readonly<Record<string, string>> = { NODE_ENV: "production" };
    let helper: Server | null = null;
    if (fixture !== undefined) {
      const started = await startFixture(fixture, folder, this.#placement.client, this.#fleet).catch(
        (error: Error) => error,
      );
      if (started instanceof Error) return this.#leaveOutAll(started.message);
      helper = started.server;
      env = { ...env, ...started.env };
    }
    for (const subject of subjectsOf(this.#scenario, this.#options)) await this.#start(subject, folder, env);
    const steps = stepsOf(this.#scenario, this.#options);
    for (let round = 1; round <= this.#options.runs; round++)
      for (const running of this.#running) await this.#turn(running, steps, round);
    if (helper !== null) await this.#fleet.stop(helper);
  }

  async #start(subject: Subject, parent: string, env: Readonly<Record<string, string>>): Promise<void> {
    const missing = subject.missing?.() ?? null;
    if (missing !== null) return this.#leaveOut(subject, `it is not installed: ${missing}`);
    const at = await freePort();
    const folder = join(parent, `server-${at}`);
    mkdirSync(folder);
    const options = subject.shapedAs === undefined ? "" : (this.#scenario.shapes[subject.shapedAs] ?? "");
    const shape = options.split(" ").filter((word) => word !== "");
    const command = subject.command({ port: at, workers: this.#scenario.cores, shape, folder });
    const server = this.#fleet.start(command, { cores: this.#placement.server, env });
    try {
      await server.ready(at, { within: READY_WITHIN_MS });
      this.#running.push({ subject, server, at, runs: new Map() });
    } catch (error) {
      await this.#fleet.stop(server);
      this.#leaveOut(subject, (error as Error).message);
    }
  }

  /** All loads on one server. One that dies is measured no more. */
  async #turn(running: Running, steps: readonly Step[], round: number): Promise<void> {
    const { subject, server, at, runs } = running;
    if (this.#leftOut.some((entry) => entry.subject === subject.name)) return;
    try {
      if (round === 1)
        await this.#load(server, at, { ...steps[0]!, rate: null }, Math.min(WARM_UP, this.#options.seconds));
      for (const step of steps) {
        const result = await this.#load(server, at, step, this.#options.seconds);
        runs.set(step, [...(runs.get(step) ?? []), result]);
        this.#progress(`${this.#name}, round ${round}/${this.#options.runs}: ${subject.name}, ${textOf(step, result)}`);
      }
    } catch (error) {
      this.#leaveOut(subject, (error as Error).message);
    }
  }

  async #load(server: Server, at: number, step: Step, seconds: number): Promise<Measurement> {
    const { request, special, driver } = this.#scenario;
    const options: LoadOptions = {
      ...{ ...request, at, seconds, connections: step.connections, cores: this.#placement.client },
      ...(step.rate === null ? { driver: this.#driver(driver, seconds) } : { driver: "paced", rate: step.rate }),
    };
    // Servers that serve one connection at a time still have those of the load before in their backlog.
    await ask(at, "/");
    const run = (): Promise<LoadResult> =>
      special === "websocket" ? loadWebSockets(options, this.#fleet) : load(options, this.#fleet);
    if (special !== "slow") return measureDuring(server, run);
    const release = await holdSlowClients(at, this.#placement.client, this.#fleet);
    return measureDuring(server, run).finally(release);
  }

  /** wrk knows whole seconds only. */
  #driver(preferred: Driver | undefined, seconds: number): Driver {
    if (this.#options.driver !== null) return this.#options.driver;
    return preferred === "wrk" && Number.isInteger(seconds) ? closedLoopDriver() : "autocannon";
  }

  /** Without what they ask there is nothing to measure; other scenarios go on. */
  #leaveOutAll(reason: string): void {
    for (const subject of subjectsOf(this.#scenario, this.#options)) this.#leaveOut(subject, reason);
  }

  /** Where the repository lies is nobody's business: results are published. */
  #leaveOut(subject: Subject, reason: string): void {
    const why = reason.replaceAll(ROOT, "");
    this.#leftOut.push({ subject: subject.name, why });
    this.#progress(`${this.#name}: ${subject.name} is left out: ${why}`);
  }
}

// --- internal ---

const READY_WITHIN_MS = 15_000;

function isWanted(name: string, { only }: Pick<SuiteOptions, "only">): boolean {
  return only.length === 0 || only.some((part) => name.toLowerCase().includes(part.toLowerCase()));
}

function textOf({ connections, rate }: Step, { requestsPerSecond, errors, firstError }: Measurement): string {
  const asked = rate === null ? `${connections} connections` : `${rate}/s asked`;
  const failed = errors === 0 ? "" : `, ${errors} errors (${firstError ?? "?"})`;
  return `${asked}: ${requestsPerSecond.toFixed(requestsPerSecond < 100 ? 1 : 0)} requests/s${failed}`;
}
