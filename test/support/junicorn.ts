/** Starts real Junicorn processes for tests, and sees to it that none outlives its test. */

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { PATIENCE_MS, poll } from "./poll.ts";
import { descendants, processGroup } from "./processes.ts";
import { withoutMissingUws } from "./uws.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const APPS = join(ROOT, "test", "support", "apps");
const MAIN = join(ROOT, "dist", "cli", "main.js");

export interface StartOptions {
  /** MODULE[:EXPORT]. */
  app: string;
  args?: string[];
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Options of Node itself, before the script. */
  nodeArgs?: string[];
  /** The script itself: another copy of the package, or a link to it. */
  main?: string;
  /** Descriptors for it from 3 on. */
  fds?: number[];
  /** Words before the command, which they are to run. */
  through?: string[];
  /** "127.0.0.1:0" unless given; null gives no --bind at all. */
  bind?: string | null;
  /** Resolve once it listens (and its workers have booted); else at once. */
  ready?: boolean;
  /** For `runJunicorn`: how long it may take, in ms. */
  exitWithin?: number;
  /** True: the caller stops it (a `beforeAll` server); else it ends with the running test. */
  shared?: boolean;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running Junicorn: its master process and what it has printed. */
export class Junicorn {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #exited: Promise<Exit>;
  #exit: Exit | undefined;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.#exited = new Promise((resolve, reject) => {
      child.once("error", reject);
      // "close" comes after the pipes have ended, so that nothing printed is missed.
      child.once("close", (code, signal) => resolve((this.#exit = { code, signal })));
    });
  }

  /** Of the master. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error("it did not start");
    return this.child.pid;
  }

  /** Everything printed so far. */
  get output(): string {
    return this.stderr + this.stdout;
  }

  /** Port of the first listener, once it has been logged. */
  get port(): number {
    const [port] = this.ports;
    if (port === undefined) throw new Error(`no "Listening at:" with a port in:\n${this.output}`);
    return port;
  }

  get ports(): number[] {
    const line = /Listening at: (.*)/.exec(this.output)?.[1] ?? "";
    return [...line.matchAll(/:(\d+)\/?(?=[\s,)]|$)/g)].map((match) => Number(match[1]));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Pids of the live workers, read from the kernel. */
  get workers(): number[] {
    return descendants(this.pid, 1);
  }

  /** Resolves with the match as soon as stdout or stderr has it. */
  async waitFor(pattern: RegExp, timeout = PATIENCE_MS): Promise<RegExpExecArray> {
    return poll(
      () => {
        const match = pattern.exec(this.output);
        if (!match && this.#exit)
          throw new Error(`exited (${JSON.stringify(this.#exit)}) without ${pattern}:\n${this.output}`);
        return match;
      },
      { timeout, what: () => `${pattern} in:\n${this.output}` },
    );
  }

  /** Waits until `count` workers have said that they are up. */
  async waitForWorkers(count: number, timeout = PATIENCE_MS): Promise<void> {
    await poll(() => [...this.output.matchAll(/Booting worker/g)].length >= count && this.workers.length >= count, {
      timeout,
      what: () => `${count} workers in:\n${this.output}`,
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Resolves when the master is gone and its pipes are closed. */
  async exited(timeout = PATIENCE_MS): Promise<Exit> {
    if (this.#exit) return this.#exit;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`still running after ${timeout} ms:\n${this.output}`)), timeout);
    });
    return Promise.race([this.#exited, late]).finally(() => clearTimeout(timer));
  }

  async stop(signal: NodeJS.Signals = "SIGTERM", timeout?: number): Promise<Exit> {
    if (!this.#exit) this.signal(signal);
    return this.exited(timeout);
  }

  /** Ends it and all it has started, whatever state it is in. */
  async kill(): Promise<void> {
    const children = this.#exit ? processGroup(this.pid) : [...processGroup(this.pid), ...descendants(this.pid)];
    for (const pid of new Set([...children, ...(this.#exit ? [] : [this.pid])])) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone meanwhile.
      }
    }
    await this.#exited.catch(() => {});
  }
}

/** `node dist/cli/main.js --bind 127.0.0.1:0 …args app`. Unless `shared`, it is killed when the running test ends, passed or failed. */
export async function startJunicorn(options: StartOptions): Promise<Junicorn> {
  const bind = options.bind === undefined ? "127.0.0.1:0" : options.bind;
  const server = run([...(bind === null ? [] : ["--bind", bind]), ...(options.args ?? []), options.app], options);
  if (options.ready === false) return server;
  try {
    await server.waitFor(/Listening at: /);
    await server.waitForWorkers(1);
  } catch (error) {
    await server.kill();
    throw error;
  }
  return server;
}

/** `node dist/cli/main.js …args` as it is: for --help, --check-config and refusals. Resolves with what it printed. */
export async function runJunicorn(
  args: string[],
  options: Omit<StartOptions, "app" | "args" | "bind"> = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const server = run(args, options);
  try {
    const exit = await server.exited(options.exitWithin);
    return { ...exit, stdout: server.stdout, stderr: server.stderr };
  } finally {
    await server.kill();
  }
}

// --- internal ---

function run(args: string[], options: Omit<StartOptions, "app" | "args" | "bind">): Junicorn {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: run "npm run build"`);
  const [file = "", ...words] = [
    ...(options.through ?? []),
    process.execPath,
    ...(options.nodeArgs ?? []),
    options.main ?? MAIN,
    ...withoutMissingUws(args),
  ];
  const child = spawn(file, words, {
    cwd: options.cwd ?? APPS,
    env: { ...cleanEnvironment(), XDG_RUNTIME_DIR: runtimeDirectory(), ...options.env },
    stdio: ["ignore", "pipe", "pipe", ...(options.fds ?? [])],
    // A process group of its own: whatever it leaves behind can be found and ended by the group's id.
    detached: true,
  });
  const server = new Junicorn(child);
  const killNow = (): void => void server.kill();
  process.once("exit", killNow);
  child.once("close", () => process.off("exit", killNow));
  if (!options.shared) onTestFinished(() => server.kill());
  return server;
}

/** Where control sockets go: not among those of the servers that this user really runs. */
function runtimeDirectory(): string {
  const directory = join(tmpdir(), `junicorn-tests-${process.geteuid?.()}`);
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** The tests' environment without what would change Junicorn's settings or Node's warnings. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const dropped =
    /^(PORT|WEB_CONCURRENCY|JUNICORN_.*|NODE_OPTIONS|NODE_ENV|VITEST.*|NOTIFY_SOCKET|WATCHDOG_.*|LISTEN_.*)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.test(name)));
}

/** Resident memory of a process in MiB. */
export function residentMiB(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}
