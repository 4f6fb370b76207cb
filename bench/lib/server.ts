/** Servers under test: pinned to a core, in a process group each, and gone when the bench ends, however it ends. */

import { spawn, type ChildProcess } from "node:child_process";
import { connect, createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { descendants } from "./proc.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const APPS = fileURLToPath(new URL("../apps", import.meta.url));

/** Where a server listens: a port of 127.0.0.1, or the path of a unix socket. */
export type Address = number | string;

/** As Junicorn and Gunicorn take it. */
export function bindOf(at: Address): string {
  return typeof at === "string" ? `unix:${at}` : `127.0.0.1:${at}`;
}

/** Junicorn from dist/, in the folder of the bench's applications. */
export function junicorn(at: Address, args: readonly string[]): string[] {
  return [
    process.execPath,
    `${ROOT}/dist/cli/main.js`,
    "--bind",
    bindOf(at),
    "--chdir",
    APPS,
    "--log-level",
    "warning",
    ...args,
  ];
}

/** Starts and stops what a run needs. */
export class Fleet {
  readonly #children = new Set<ChildProcess>();

  /** `core` undefined: not pinned. */
  start(command: readonly string[], core?: number): ChildProcess {
    const [program, ...args] = core === undefined ? command : ["taskset", "--cpu-list", String(core), ...command];
    if (program === undefined) throw new Error("an empty command");
    const child = spawn(program, args, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    let printed = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (printed = (printed + text).slice(-4000)));
    child.once("error", (error) => process.stderr.write(`${program}: ${error.message}\n`));
    child.once("exit", (code, signal) => {
      if (this.#children.delete(child) && code !== 0) {
        process.stderr.write(`${command.join(" ")} ended (${signal ?? code}):\n${printed}\n`);
      }
    });
    this.#children.add(child);
    return child;
  }

  /** A process that was started elsewhere and ends by itself: it is only killed with the rest. */
  adopt(child: ChildProcess): void {
    this.#children.add(child);
    child.once("close", () => this.#children.delete(child));
  }

  async stop(child: ChildProcess): Promise<void> {
    if (!this.#children.delete(child) || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    if ((await Promise.race([gone, sleep(5000, "late", { ref: false })])) === "late") killGroup(child);
    await gone;
  }

  /** Kills all that is left, at once. */
  killAll(): void {
    for (const child of this.#children) killGroup(child);
    this.#children.clear();
  }
}

/** The process and its descendants: taskset execs, so the child is the server itself. */
export function tree(child: ChildProcess): number[] {
  if (child.pid === undefined) return [];
  return [child.pid, ...descendants(child.pid)];
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves with the ms since `since` when a GET is answered 200. */
export async function firstResponse(at: Address, since: number, timeout = 10_000): Promise<number> {
  for (;;) {
    if (await answers(at)) return performance.now() - since;
    if (performance.now() - since > timeout) throw new Error(`no answer on ${at} within ${timeout} ms`);
    await sleep(2);
  }
}

// --- internal ---

function answers(at: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof at === "string" ? connect(at) : connect(at, "127.0.0.1");
    let text = "";
    socket.on("connect", () => socket.write("GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"));
    socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(/^HTTP\/1\.[01] 200 /.test(text)));
  });
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
