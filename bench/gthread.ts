/** `npm run bench -- gthread`: what threads bring, what they cost, and that one which hangs costs nobody else. */

import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fleet, has, type Server } from "../src/measure/server/fleet.ts";
import { residentMiB } from "../src/measure/server/processes.ts";
import { freePort } from "../src/measure/server/ready.ts";
import { median, spread } from "../src/measure/statistics.ts";
import type { Options } from "./lib/compare.ts";
import { load } from "./lib/load.ts";
import { describeMachine, table, thousands, type Verdict } from "./lib/report.ts";
import { APPS, junicorn } from "./lib/server.ts";

export type GthreadOptions = Pick<Options, "runs" | "seconds" | "connections" | "soFar">;

interface Running {
  readonly process: Server;
  readonly port: number;
}

/** Prints the table; resolves with the bars. */
export async function benchGthread(options: GthreadOptions, fleet: Fleet): Promise<Verdict[]> {
  const bench = new Bench(options, fleet);
  print(`the gthread class\n${describeMachine()}\nmedians of ${options.runs} runs of ${options.seconds} s, in turns\n`);
  const verdicts = [
    await bench.scaling(),
    ...(await bench.probes()),
    await bench.memory(),
    await bench.hello(),
    await bench.hungThread(),
  ];
  print(`\n${bench.table()}`);
  options.soFar("");
  return verdicts;
}

// --- internal ---

const HASH = "hash-fetch.mjs";
const PROBE_EVERY_MS = 10;
const TRAFFIC_PER_SECOND = 200;
/** By then an idle worker has given back what it gives back; longer than that takes, for the machine may be busy. */
const REST_MS = 6000;

class Bench {
  readonly #rows: string[][] = [];
  readonly #options: GthreadOptions;
  readonly #fleet: Fleet;

  constructor(options: GthreadOptions, fleet: Fleet) {
    this.#options = options;
    this.#fleet = fleet;
  }

  table(): string {
    return table(["what", "value", "±"], this.#rows);
  }

  async scaling(): Promise<Verdict> {
    const [one, two] = await this.#inTurns(
      "requests/s with one thread and with two",
      [1, 2].map((threads) => () => this.#junicorn(["-k", "gthread", "--threads", String(threads), HASH])),
      (server) => this.#rate(server.port, 8),
    );
    this.#row("10 ms of hashing, --threads 1, requests/s", one!, 1);
    this.#row("10 ms of hashing, --threads 2, requests/s", two!, 1);
    return bar("two threads serve ≥ 1.8 × the computing requests of one", median(two!) / median(one!), 1.8, "×");
  }

  /** The load is that of `scaling`; the server has both cores, and so have the load and the probe. */
  async probes(): Promise<Verdict[]> {
    const subjects = [
      ["-k", "gthread", "--threads", "2"],
      ["-k", "async"],
    ];
    const [gthread, async] = await this.#inTurns(
      "p99 of the probe in ms, gthread and async",
      subjects.map((args) => () => this.#junicorn([...args, "--health-path", "/healthz", HASH])),
      (server) => this.#probe(server.port),
    );
    this.#row("probe of /healthz under that load, gthread, p99 ms", gthread!, 1);
    this.#row("probe of /healthz under that load, async, p99 ms", async!, 1);
    const p99 = median(gthread!);
    return [{ text: "p99 of the probe under gthread ≤ 10 ms", value: `${p99.toFixed(1)} ms`, passed: p99 <= 10 }];
  }

  async memory(): Promise<Verdict> {
    const subjects = [
      ["-k", "gthread", "--threads", "4", "-w", "1"],
      ["-k", "sync", "-w", "4"],
    ];
    const atOnce = new Map<number, number[]>();
    const [threads, workers] = await this.#inTurns(
      "MiB of four threads and of four workers",
      subjects.map((args) => () => this.#junicorn([...args, "hello-node.mjs"])),
      async ({ port, process }) => {
        await this.#rate(port, this.#options.connections, 1);
        atOnce.set(port, [...(atOnce.get(port) ?? []), residentMiB(...process.pids())]);
        await sleep(REST_MS);
        return residentMiB(...process.pids());
      },
    );
    const [threadsAtOnce, workersAtOnce] = atOnce.values();
    this.#row("-w 1 --threads 4, RSS of all processes right after load, MiB", threadsAtOnce!, 0);
    this.#row("-w 4 sync, RSS of all processes right after load, MiB", workersAtOnce!, 0);
    this.#row(`-w 1 --threads 4, RSS of all processes ${REST_MS / 1000} s after load, MiB`, threads!, 0);
    this.#row(`-w 4 sync, RSS of all processes ${REST_MS / 1000} s after load, MiB`, workers!, 0);
    const ratio = median(threads!) / median(workers!);
    return {
      text: "four threads take ≤ 0.5 × the memory of four workers",
      value: `${ratio.toFixed(2)} ×`,
      passed: ratio <= 0.5,
    };
  }

  async hello(): Promise<Verdict> {
    const text = "hello, world on one core: --threads 2 ≥ 2 × Gunicorn gthread";
    if (!has("gunicorn")) return { text, value: "Gunicorn is not installed (apt-get install gunicorn)", passed: null };
    const threads = "-k gthread --threads 2".split(" ");
    const [fetch, node, gunicorn] = await this.#inTurns(
      "hello, world: requests/s of fetch, node and Gunicorn",
      [
        () => this.#junicorn([...threads, "hello-fetch.mjs"], 0),
        () => this.#junicorn([...threads, "hello-node.mjs"], 0),
        () => this.#start((port) => gunicornCommand(port), 0),
      ],
      (server) => this.#rate(server.port, this.#options.connections, 1),
    );
    this.#row("hello, world, Junicorn gthread, fetch, requests/s", fetch!, 0);
    this.#row("hello, world, Junicorn gthread, node, requests/s", node!, 0);
    this.#row("hello, world, Gunicorn gthread, requests/s", gunicorn!, 0);
    return bar(text, median(fetch!) / median(gunicorn!), 2, "×");
  }

  async hungThread(): Promise<Verdict> {
    const args = ["-k", "gthread", "--threads", "4", "--request-timeout", "1", "--request-kill-timeout", "0.5"];
    const server = await this.#junicorn([...args, "hang-fetch.mjs"]);
    process.stderr.write("a thread that hangs\n");
    const outcome = await traffic(server.port, 6);
    await this.#fleet.stop(server.process);
    this.#row("other requests while a thread hung and was replaced", [outcome.requests], 0);
    const passed = outcome.failed === 0 && outcome.hang === 504 && outcome.requests > 0;
    const value = `${outcome.failed} of ${thousands(outcome.requests)} failed, the hung one got ${outcome.hang}`;
    return { text: "a thread killed by its deadline fails no other request", value, passed };
  }

  // --- internal ---

  /** Starts all, then measures them one after another, `runs` times over. */
  async #inTurns(
    what: string,
    starts: (() => Promise<Running>)[],
    measure: (server: Running) => Promise<number>,
  ): Promise<number[][]> {
    const servers: Running[] = [];
    for (const start of starts) servers.push(await start());
    for (const { port } of servers) await this.#rate(port, 8, undefined, 1); // for the compiler to be done
    const values = servers.map((): number[] => []);
    for (let run = 0; run < this.#options.runs; run++) {
      for (const [index, server] of servers.entries()) values[index]!.push(await measure(server));
      process.stderr.write(
        `${run + 1}/${this.#options.runs}  ${what}: ${values.map((list) => list.at(-1)!.toFixed(1)).join("  ")}\n`,
      );
    }
    for (const one of servers) await this.#fleet.stop(one.process);
    return values;
  }

  #junicorn(args: string[], core?: number): Promise<Running> {
    return this.#start((port) => junicorn(port, args), core);
  }

  async #start(command: (port: number) => string[], core?: number): Promise<Running> {
    const port = await freePort();
    const process = this.#fleet.start(command(port), { cores: core });
    await process.ready(port);
    return { process, port };
  }

  /** Requests per second; without a `core` the load runs where there is room. */
  async #rate(port: number, connections: number, core?: number, seconds = this.#options.seconds): Promise<number> {
    const options = { at: port, connections, seconds, cores: core ?? "0,1" };
    return (await load(options, this.#fleet)).requestsPerSecond;
  }

  async #probe(port: number): Promise<number> {
    let done = false;
    const loading = this.#rate(port, 8).finally(() => (done = true));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const times: number[] = [];
    await sleep(200);
    for (let next = performance.now(); !done; next = Math.max(next + PROBE_EVERY_MS, performance.now())) {
      await sleep(Math.max(0, next - performance.now()));
      const began = performance.now();
      await fetchStatus(port, "/healthz", agent);
      times.push(performance.now() - began);
    }
    await loading;
    agent.destroy();
    return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
  }

  #row(what: string, values: number[], digits: number): void {
    const value = digits === 0 ? thousands(median(values)) : median(values).toFixed(digits);
    this.#rows.push([what, value, values.length > 1 ? `${spread(values).toFixed(0)} %` : ""]);
    this.#options.soFar(this.table());
  }
}

function bar(text: string, value: number, least: number, unit: string): Verdict {
  return { text, value: `${value.toFixed(2)} ${unit}`, passed: value >= least };
}

function gunicornCommand(port: number): string[] {
  const options = `--workers 1 --worker-class gthread --threads 2 --bind 127.0.0.1:${port} --chdir ${APPS}`;
  return `gunicorn ${options} gunicorn_hello:app`.split(" ");
}

/** 200 requests per second from eight clients, and in their midst one that hangs. */
async function traffic(port: number, seconds: number): Promise<{ requests: number; failed: number; hang: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const results: Promise<boolean>[] = [];
  let hang: Promise<number> = Promise.resolve(0);
  const began = performance.now();
  const count = seconds * TRAFFIC_PER_SECOND;
  for (let i = 0; i < count; i++) {
    await sleep(Math.max(0, began + (i * 1000) / TRAFFIC_PER_SECOND - performance.now()));
    if (i === TRAFFIC_PER_SECOND) hang = fetchStatus(port, "/hang");
    results.push(
      fetchStatus(port, "/", agent).then(
        (status) => status === 200,
        () => false,
      ),
    );
  }
  const failed = (await Promise.all(results)).filter((ok) => !ok).length;
  const status = await hang;
  agent.destroy();
  return { requests: count, failed, hang: status };
}

function fetchStatus(port: number, path: string, agent?: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", path, agent: agent ?? false }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    }).on("error", reject);
  });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
