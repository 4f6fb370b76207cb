/** Three hosts behind HAProxy are replaced one after the other, under load. Each is a network namespace, with the addresses of deploy/haproxy.cfg. */

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { TestContext } from "vitest";
import { ROOT, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { noNetwork, startNetwork, type Host } from "../support/network.ts";
import { poll } from "../support/poll.ts";
import { describeLosses, type Lost } from "../support/strict-client.ts";
import { tool } from "../support/tools.ts";
import { FULL, record, row, SUBJECTS, type Subject } from "./steady.ts";

const PROXY = "10.0.0.10";
const HOSTS = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];

const why = noNetwork();

row(
  `three hosts are replaced one after the other${why && ` (skipped: ${why})`}`,
  async (subject, context) => {
    context.skip(why !== "", why);
    const network = await startNetwork([PROXY, ...HOSTS]);
    context.onTestFinished(network.close);
    const [proxy, ...hosts] = network.hosts as [Host, ...Host[]];
    const old = await Promise.all(hosts.map((host) => startOn(context, host, subject)));
    const haproxy = startHaproxy(context, proxy);
    await poll(async () => (await haproxy.up()) === 3, { what: () => `three hosts: ${haproxy.output()}` });
    const load = startLoad(context, proxy);
    const before = old.map((server) => server.workers);
    for (const name of ["app1", "app2", "app3"])
      await poll(async () => (await haproxy.sessions(name)) > 5, { what: `requests for ${name}` });

    const news: Junicorn[] = [];
    for (const [index, host] of hosts.entries()) {
      expect(await old[index]!.stop(), old[index]!.output).toEqual({ code: 0, signal: null });
      news.push(await startOn(context, host, subject));
      await poll(async () => (await haproxy.up()) === 3, { what: () => `the new one: ${haproxy.output()}` });
    }
    const after = news.map((server) => server.workers);
    // The last one, too, gets some of the load.
    const served = await haproxy.sessions("app3");
    await poll(async () => (await haproxy.sessions("app3")) > served + 20);
    const { sent, lost, kept, workers } = await load.stop();
    record("three hosts behind HAProxy, one after the other", subject, sent, lost.length);
    const said = [...old, ...news].map((server) => server.output).join("\n");
    expect(lost.length, `${describeLosses(lost)}\n${haproxy.output()}\n${said}`).toBe(0);
    expect(sent).toBeGreaterThan(1000);
    expect(kept).toBeGreaterThan(100);
    // Each has served, the old ones and the new ones.
    const answered = new Set(workers.map(([pid]) => Number(pid)));
    for (const pids of [...before, ...after]) expect(pids.some((pid) => answered.has(pid))).toBe(true);
  },
  FULL ? SUBJECTS : [{ workerClass: "async", interface: "node" }],
);

// --- internal ---

/** As deploy/haproxy.cfg would have it started. */
async function startOn({ onTestFinished }: TestContext, host: Host, subject: Subject): Promise<Junicorn> {
  const server = await startJunicorn({
    app: subject.interface === "node" ? "proxied.mjs:node" : "proxied.mjs",
    bind: "0.0.0.0:8000",
    args: [
      ...[
        "-k",
        subject.workerClass,
        "-w",
        "2",
        "--health-path",
        "/healthz",
        "--drain-delay",
        "2",
        "--keep-alive",
        "75",
      ],
      ...["--forwarded-allow-ips", PROXY, ...(subject.workerClass === "gthread" ? ["--threads", "2"] : [])],
    ],
    through: [...host.through],
    shared: true,
  });
  onTestFinished(() => server.kill());
  await server.waitFor(/ready after/);
  return server;
}

interface Haproxy {
  output(): string;
  /** How many hosts it sends requests to. */
  up(): Promise<number>;
  /** How often it has chosen this one. */
  sessions(name: string): Promise<number>;
}

/** With the file as it is; /run, where it wants a socket, is its own. */
function startHaproxy({ onTestFinished }: TestContext, { through }: Host): Haproxy {
  const command = `mount -t tmpfs none /run && mkdir /run/haproxy && exec ${tool("haproxy")} -db -f "$1"`;
  const [file, ...words] = [...through, "unshare", "--mount", "sh", "-c", command, "sh", CONFIG];
  const child = spawn(file!, words, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for (const pipe of [child.stdout, child.stderr])
    pipe.setEncoding("utf8").on("data", (text: string) => (output += text));
  const socket = (): string => `/proc/${child.pid}/root/run/haproxy/admin.sock`;
  return {
    output: () => output,
    up: async () => (await askSocket(socket(), "show servers state app\n")).filter(isUp).length,
    sessions: async (name) => {
      const columns = (await askSocket(socket(), "show stat\n")).map((line) => line.split(","));
      return Number(columns.find(([, server]) => server === name)?.[SESSIONS]);
    },
  };
}

const CONFIG = join(ROOT, "deploy", "haproxy.cfg");

/** Of `show stat`: "stot". */
const SESSIONS = 7;

/** The sixth column is the state: 2 is running. The first line that is read has none. */
function isUp(line: string): boolean {
  return line.split(" ")[5] === "2" && /app\d/.test(line);
}

function askSocket(path: string, command: string): Promise<string[]> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(path, () => socket.write(command));
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    socket.on("error", () => resolve([]));
    socket.on("end", () => resolve(answer.split("\n")));
  });
}

interface Report {
  readonly sent: number;
  readonly lost: readonly Lost[];
  readonly kept: number;
  readonly workers: readonly [pid: string, answers: number][];
}

/** Clients beside HAProxy: they ask its port 80. */
function startLoad({ onTestFinished }: TestContext, { through }: Host): { stop(): Promise<Report> } {
  const jiti = join(dirname(createRequire(import.meta.url).resolve("jiti/package.json")), "lib", "jiti-cli.mjs");
  const program = [process.execPath, jiti, join(ROOT, "test", "support", "load-client.ts"), "80", "12"];
  const [file = "", ...words] = [...through, ...program];
  const child = spawn(file, words, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let report = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (report += text));
  return {
    stop: async () => {
      child.stdin.end();
      await new Promise((resolve) => child.once("close", resolve));
      return JSON.parse(report) as Report;
    },
  };
}
