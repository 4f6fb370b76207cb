/**
 * A machine on which nobody has done anything yet: this one's programs under a root that is thrown away, with a network, processes and a home of its own, and
 * a shell that is told what to do. What `npm install` brings was installed once, from the packed package; see installation.ts.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

export interface Result {
  readonly code: number;
  /** Both of its outputs. */
  readonly output: string;
}

/** Why there can be none here; empty if there can. */
export function noMachine(): string {
  return process.getuid?.() === 0 ? "" : "only root can make a root file system, a network and processes of its own";
}

/** The same for one with systemd. */
export function noSystemd(): string {
  if (noMachine() !== "") return noMachine();
  if (!existsSync("/lib/systemd/systemd")) return "systemd is not installed";
  return cgroups() === undefined ? "the kernel has no control groups of version 2 mounted" : "";
}

export class Machine {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #folder: string;
  /** Of the kernel, for a systemd; empty if there is none. */
  readonly #cgroup: string;
  #said = "";
  #servers = 0;
  /** The server that runs. */
  #running = false;

  /** With `systemd`, that is its first process. */
  constructor(installed: string, { systemd = false } = {}) {
    this.#folder = mkdtempSync(join(tmpdir(), "junicorn-machine-"));
    this.#cgroup = systemd ? makeCgroup() : "";
    const setUp = join(ROOT, "test", "guides", "machine.sh");
    const namespaces = ["--net", "--pid", "--ipc", "--fork", "--mount", "--kill-child"];
    const command = ["--pdeathsig", "KILL", "unshare", ...namespaces, "bash", setUp, this.#folder, installed];
    const words = [...command, process.execPath, ...(systemd ? [this.#cgroup] : [])];
    this.#child = spawn("setpriv", words, { stdio: ["pipe", "pipe", "pipe"] });
    this.#closed = once(this.#child, "close");
    for (const pipe of [this.#child.stdout!, this.#child.stderr!])
      pipe.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
    this.#child.stdin!.on("error", () => {});
    this.#child.stdin!.write("exec 2>&1; trap 'failed=$?' ERR; cd\n");
  }

  /** One that fails makes the code that of its last command that did. */
  async run(commands: string, timeout = 60_000): Promise<Result> {
    const mark = randomUUID();
    const before = this.#said.length;
    const text = `failed=0\n{\n${commands.trim()}\n} </dev/null\nprintf '\\n%s %s\\n' ${mark} "$failed"\n`;
    this.#child.stdin!.write(text);
    const end = new RegExp(`\\n${mark} (\\d+)\\n`);
    const done = (): RegExpExecArray | null => {
      if (this.#child.exitCode !== null) throw new Error(`the shell has ended:\n${this.#said.slice(before)}`);
      return end.exec(this.#said.slice(before));
    };
    const match = await poll(done, {
      timeout,
      what: () => `the end of\n${commands}\nwhich has said so far:\n${this.#said.slice(before)}`,
    });
    return { code: Number(match[1]), output: this.#said.slice(before, before + match.index) };
  }

  async write(path: string, text: string): Promise<Result> {
    const end = randomUUID();
    return this.run(`mkdir -p "$(dirname ${path})"\ncat > ${path} <<'${end}'\n${text}${end}`);
  }

  /** Leaves it running, and resolves when it has said that it serves. */
  async start(commands: string): Promise<Result> {
    if (this.#running) await this.stop();
    this.#servers++;
    // Job control: a process group of its own, which Ctrl-C goes to.
    const { code, output } = await this.run(`set -m\n{\n${commands}\n} >${this.#log} 2>&1 </dev/null &\nset +m`);
    if (code !== 0) return { code, output };
    this.#running = true;
    return poll(
      async () => {
        const said = await this.log();
        const ended = (await this.run("jobs -r")).output.trim() === "";
        if (ended) return { code: 1, output: said };
        return /ready after|listening on/i.test(said) && { code: 0, output: said };
      },
      { timeout: 30_000, interval: 100, what: "the server" },
    );
  }

  async log(): Promise<string> {
    return (await this.run(`cat ${this.#log}`)).output;
  }

  /** Ctrl-C. Fails unless the server ends in good order; what npx makes of its status is left aside. */
  async stop(): Promise<Result> {
    this.#running = false;
    await this.run("kill -INT -- -$!; wait $! 2>/dev/null");
    const output = await this.log();
    const isOurs = output.includes("Starting junicorn");
    return { code: !isOurs || /\[INFO\] Shutting down: Master\s*$/.test(output) ? 0 : 1, output };
  }

  get isServing(): boolean {
    return this.#running;
  }

  /** With all that runs on it. */
  async destroy(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
    rmSync(this.#folder, { recursive: true, force: true });
    if (this.#cgroup !== "") await poll(() => removeCgroup(this.#cgroup), { what: "the end of its processes" });
  }

  // --- internal ---

  get #log(): string {
    return `/var/tmp/server-${this.#servers}.log`;
  }
}

// --- internal ---

const CGROUP = "junicorn-machine-";

/** Where the kernel's control groups of the second version are; undefined where there are none. */
function cgroups(): string | undefined {
  return /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8"))?.[1];
}

/** One for a systemd, which must not find those of this machine. Removes what was left by tests that were killed. */
function makeCgroup(): string {
  const root = cgroups()!;
  for (const name of readdirSync(root)) if (name.startsWith(CGROUP)) removeCgroup(join(root, name));
  const path = join(root, `${CGROUP}${randomUUID()}`);
  mkdirSync(path);
  return path;
}

/** With those below it. False where processes are in one of them. */
function removeCgroup(path: string): boolean {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true }))
      if (entry.isDirectory()) removeCgroup(join(path, entry.name));
    rmdirSync(path);
  } catch {
    // It is in use, or gone.
  }
  return !existsSync(path);
}
