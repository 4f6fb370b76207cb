/** Servers under test: a process group each, pinned if that is asked for, and gone when the measuring ends, however it ends. */

import { spawn, spawnSync, type ChildProcess, type StdioOptions } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JunicornError } from "../../base/errors.ts";
import { answers, type Endpoint, type Readiness } from "./ready.ts";
import { treeOf } from "./processes.ts";
import { Warden } from "./warden.ts";

export interface StartOptions {
  /** A core, or several as taskset spells them ("0,1"). Without it the server runs where there is room. */
  readonly cores?: number | string | undefined;
  readonly cwd?: string | undefined;
  /** Beside what the process has itself. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What ends it, for one that leaves something behind when it is killed. Without it SIGTERM, and SIGKILL when all is to end at once. */
  readonly endedBy?: NodeJS.Signals;
}

/** How much of what a server prints is kept. */
const PRINTED = 4000;
const READY_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 5000;

export class Server {
  readonly child: ChildProcess;
  readonly command: readonly string[];
  #printed = "";
  #ended: string | null = null;

  constructor(child: ChildProcess, command: readonly string[]) {
    this.child = child;
    this.command = command;
    for (const stream of [child.stdout, child.stderr])
      stream
        ?.setEncoding("utf8")
        .on("data", (text: string) => (this.#printed = (this.#printed + text).slice(-PRINTED)));
    child.once("error", (error) => (this.#ended = error.message));
    child.once("exit", (code, signal) => (this.#ended ??= signal ?? `exit status ${code}`));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The process and all below it: taskset execs, so the child is the server itself. */
  pids(): number[] {
    return this.child.pid === undefined ? [] : treeOf(this.child.pid);
  }

  /** The last that it printed, on either stream. */
  get printed(): string {
    return this.#printed.trim();
  }

  /** How it ended, or null while it runs. */
  get ended(): string | null {
    return this.#ended;
  }

  /** Throws ERR_MEASURED_SERVER, with what it printed, if it has ended. */
  mustRun(): void {
    if (this.#ended === null) return;
    const printed = this.printed === "" ? "it printed nothing" : `it printed:\n${this.printed}`;
    throw problem(`${this.command.join(" ")} ended (${this.#ended}); ${printed}`);
  }

  /** Resolves with the ms since `since` when a request is answered; throws what `mustRun` does if it ends before that. */
  async ready(
    at: Endpoint,
    { since = performance.now(), within = READY_WITHIN_MS, ...readiness }: ReadyOptions = {},
  ): Promise<number> {
    for (;;) {
      const answered = await answers(at, readiness);
      this.mustRun();
      if (answered) return performance.now() - since;
      if (performance.now() - since > within) {
        const printed = this.printed === "" ? "" : `; it printed:\n${this.printed}`;
        throw problem(`${this.command.join(" ")} gave no answer on ${at} within ${within} ms${printed}`);
      }
      await sleep(2);
    }
  }
}

export interface ReadyOptions extends Readiness {
  /** When it was started, as `performance.now()` tells it. */
  readonly since?: number;
  /** In ms. */
  readonly within?: number;
}

/** Starts and stops what a run needs. What it has not stopped ends with us, whatever ends us. */
export class Fleet {
  /** With the signal that ends each. */
  readonly #children = new Map<ChildProcess, NodeJS.Signals | undefined>();
  readonly #folders = new Set<string>();
  readonly #warden = new Warden();

  start(command: readonly string[], { cores, cwd, env = {}, endedBy }: StartOptions = {}): Server {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const inEnvironment = variables.length === 0 ? command : ["env", ...variables, ...command];
    const [program, ...args] = this.#warden.announced(pinned(inEnvironment, cores), endedBy ?? "SIGKILL");
    const stdio: StdioOptions = ["ignore", "pipe", "pipe", this.#warden.input];
    const child = spawn(program!, args, { detached: true, stdio, cwd });
    this.adopt(child, endedBy);
    return new Server(child, command);
  }

  /** A process that was started elsewhere, in a group of its own, and ends by itself: it is only killed with the rest. */
  adopt(child: ChildProcess, endedBy?: NodeJS.Signals): void {
    this.#children.set(child, endedBy);
    this.#tellWarden();
    const gone = (): void => {
      this.#children.delete(child);
      this.#tellWarden();
    };
    child.once("error", gone).once("close", gone);
  }

  /** An empty folder that nobody else may enter. It goes with the rest, if it has not been removed before. */
  makeFolder(purpose: string): string {
    const folder = join(tmpdir(), `junicorn-${purpose}-${randomUUID()}`);
    this.#warden.watchFolder(folder);
    mkdirSync(folder, { mode: 0o700 });
    this.#folders.add(folder);
    return folder;
  }

  /** What still runs must not write there. */
  removeFolder(folder: string): void {
    this.#folders.delete(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Gracefully, and after five seconds by force. */
  async stop(server: Server): Promise<void> {
    const { child } = server;
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill(this.#children.get(child) ?? "SIGTERM");
      if ((await Promise.race([gone, sleep(STOP_WITHIN_MS, "late", { ref: false })])) === "late") killGroup(child);
      await gone;
    }
    // What a master that was killed has left behind.
    killGroup(child);
  }

  /** Kills all that is left, at once, and removes what is left of folders. */
  killAll(): void {
    for (const [child, signal] of this.#children) killGroup(child, signal);
    for (const folder of this.#folders) {
      try {
        this.removeFolder(folder);
      } catch {
        // Who is ending still writes there: the warden is the last to remove it.
      }
    }
  }

  #tellWarden(): void {
    const children = [...this.#children].filter(([{ pid }]) => pid !== undefined);
    this.#warden.watch(children.map(([{ pid }, signal = "SIGKILL"]) => ({ group: pid!, signal })));
  }
}

/** Whether a program is installed. */
export function has(program: string): boolean {
  return spawnSync("sh", ["-c", 'command -v "$0"', program]).status === 0;
}

/** The command, on the cores only. */
export function pinned(command: readonly string[], cores: number | string | undefined): readonly string[] {
  return cores === undefined ? command : ["taskset", "--cpu-list", String(cores), ...command];
}

// --- internal ---

function problem(text: string): JunicornError {
  return new JunicornError("ERR_MEASURED_SERVER", { problem: text });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // Gone already.
  }
}
