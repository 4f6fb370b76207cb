/** `npm run bench -- balance`: how evenly connections spread over four workers, beside Node's cluster. Nothing is pinned to a core here. */

import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../src/measure/server/fleet.ts";
import { freePort } from "../src/measure/server/ready.ts";
import { median } from "../src/measure/statistics.ts";
import type { Options } from "./lib/compare.ts";
import { describeMachine, table, type Verdict } from "./lib/report.ts";
import { APPS, junicorn } from "./lib/server.ts";

const WORKERS = 4;
const CONNECTIONS = 400;
/** Most that one worker may hold, in multiples of the mean. */
const BAR = 1.5;

const OURS = "Junicorn async";
const SUBJECTS: Readonly<Record<string, (port: number) => readonly string[]>> = {
  [OURS]: (port) => junicorn(port, ["-k", "async", "-w", String(WORKERS), "--keep-alive", "10", "company.mjs"]),
  "Node cluster, round robin": (port) => cluster(port, "round-robin"),
  "Node cluster, shared socket": (port) => cluster(port, "shared"),
};

interface Answer {
  readonly pid: number;
  /** Requests that its worker was serving already. */
  readonly company: number;
}

interface Figures {
  /** Connections of the fullest and the emptiest worker over the mean, of each run. */
  readonly most: number[];
  readonly least: number[];
  readonly company: Answer[];
}

export async function benchBalance(options: Options, fleet: Fleet): Promise<Verdict[]> {
  process.stdout.write(
    `balance: ${CONNECTIONS} keep-alive connections at once over ${WORKERS} workers; then short requests (5 ms) among long ones (1 s)\n${describeMachine()}\n\n`,
  );
  const figures = new Map<string, Figures>();
  for (const [name, command] of Object.entries(SUBJECTS)) {
    figures.set(name, await measure(command, options.runs, fleet));
    process.stderr.write(`measured: ${name}\n`);
    options.soFar(tableOf(figures));
  }
  const worst = Math.max(...figures.get(OURS)!.most);
  const verdict: Verdict = {
    text: `${OURS}: no worker holds more than ${BAR} × the mean, in any of ${options.runs} runs`,
    value: `${worst.toFixed(2)} × (median ${median(figures.get(OURS)!.most).toFixed(2)} ×)`,
    passed: worst <= BAR,
  };
  process.stdout.write(`${tableOf(figures)}\n`);
  return [verdict];
}

// --- internal ---

function tableOf(figures: ReadonlyMap<string, Figures>): string {
  const rows = [...figures].map(([name, { most, least, company }]) => {
    const counts = company.map((answer) => answer.company);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    return [
      name,
      `${Math.max(...most).toFixed(2)} ×`,
      `${Math.min(...least).toFixed(2)} ×`,
      mean.toFixed(1),
      String(Math.max(...counts)),
    ];
  });
  return table(["server", "fullest/mean", "emptiest/mean", "requests met, mean", "most"], rows);
}

function cluster(port: number, policy: string): string[] {
  return [process.execPath, `${APPS}/company.mjs`, String(port), policy, String(WORKERS)];
}

async function measure(command: (port: number) => readonly string[], runs: number, fleet: Fleet): Promise<Figures> {
  const port = await freePort();
  const server = fleet.start(command(port));
  await server.ready(port);
  await sleep(500); // for the last of the workers
  const spreads = [];
  for (let run = 0; run < runs; run++) spreads.push(await spreadOf(port));
  const company = await mixed(port);
  await fleet.stop(server);
  return { most: spreads.map(([most]) => most), least: spreads.map(([, least]) => least), company };
}

/** Opens all connections at once, each with a request, and holds them until each is answered. */
async function spreadOf(port: number): Promise<[most: number, least: number]> {
  const agent = new Agent({ keepAlive: true });
  const answers = await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(port, "/", agent)));
  agent.destroy();
  await sleep(500); // for the workers to see them go
  const counts = new Map<number, number>();
  for (const { pid } of answers) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  const held = [...counts.values(), ...Array<number>(WORKERS - counts.size).fill(0)];
  const mean = CONNECTIONS / WORKERS;
  return [Math.max(...held) / mean, Math.min(...held) / mean];
}

/** A connection for each request; a fifth of them, in no order that would suit dealing out in turn, is long. Returns the short ones' answers. */
async function mixed(port: number): Promise<Answer[]> {
  const short: Promise<Answer>[] = [];
  const long: Promise<Answer>[] = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    if (Math.imul(i, 0x9e3779b1) >>> 0 < 2 ** 32 / 5) long.push(ask(port, "/?ms=1000"));
    else short.push(ask(port, "/?ms=5"));
    await sleep(2);
  }
  await Promise.all(long);
  return Promise.all(short);
}

function ask(port: number, path: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port, path, agent: agent ?? false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(JSON.parse(text) as Answer));
      response.on("error", reject);
    });
    asking.on("error", reject).end();
  });
}
