/** Checks of what starts the server: process 1, the user, the environment. */

import { basename } from "node:path";

import { fail, ok, type Result, type Subject, warn } from "./finding.ts";
import type { Machine } from "./machine.ts";

/** A shell, or a package manager, that is process 1 (or what a small init has started) gets the signals that are meant for the server. */
export function checkPidOne({ machine }: Subject): Result[] {
  const first = wordsOf(machine, 1);
  if (first.length === 0) return [ok("this system does not say what process 1 is")];
  const [pid, words] = SMALL_INIT.test(nameOf(first)) ? [childOfInit(machine), null] : [1, first];
  const command = words ?? wordsOf(machine, pid);
  const culprit = culpritIn(command);
  if (culprit === null) return [ok(`process 1 is ${first.join(" ").slice(0, 60)}`)];
  const who = pid === 1 ? "process 1" : `what process 1 (${nameOf(first)}) has started`;
  return [
    warn(
      `${who} is ${culprit}: ${command.join(" ").slice(0, 60)}. It gets the TERM that stops a container and does not pass it on well: requests in flight are cut when the container is killed`,
      'start the server itself, in the exec form: CMD ["node_modules/.bin/junicorn", "server.js"]; in a script: exec junicorn …',
    ),
  ];
}

export function checkUser({ settings, machine }: Subject): Result[] {
  const { user } = settings;
  const problem = machine.accountProblem(settings);
  if (problem !== null) return [fail(problem, "an account of this machine: a server does not start like this")];
  if (machine.uid !== 0 || (user !== null && user !== "root" && user !== "0"))
    return [ok(machine.uid === 0 ? `workers run as ${user}` : `workers run as user ${machine.uid}`)];
  return [
    warn(
      "workers run as root: who breaks into the application has the machine, or the container",
      "--user NAME (the master still binds any port), User= in systemd, or USER in the Dockerfile",
    ),
  ];
}

export function checkNodeEnv({ settings: { rawEnv }, machine: { env } }: Subject): Result[] {
  const entry = rawEnv.findLast((one) => one.startsWith("NODE_ENV="));
  const value = entry === undefined ? env["NODE_ENV"] : entry.slice("NODE_ENV=".length);
  if (value === "production") return [ok("NODE_ENV is production")];
  return [
    warn(
      `NODE_ENV is ${value === undefined || value === "" ? "not set" : JSON.stringify(value)}: Express and others are slower then, and show errors to clients`,
      "--env NODE_ENV=production, or in the environment of the server",
    ),
  ];
}

// --- internal ---

const SMALL_INIT = /^(tini|dumb-init|docker-init|catatonit|init-shim)$/;
const SHELL = /^-?(sh|bash|dash|ash|zsh|ksh|busybox)$/;
const MANAGER = /^(npm|npx|yarn|pnpm|corepack)(-cli)?(\.c?js)?$/;

function wordsOf(machine: Machine, pid: number): string[] {
  return (machine.read(`/proc/${pid}/cmdline`) ?? "").split("\0").filter((word) => word !== "");
}

/** npm changes its title, and then all is one word: "npm start". */
function nameOf(words: readonly string[]): string {
  return basename((words[0] ?? "").split(" ")[0] ?? "");
}

function culpritIn(words: readonly string[]): string | null {
  const name = nameOf(words);
  // One that only waits for somebody to type is not how a server is started.
  if (SHELL.test(name)) return words.slice(1).some((word) => word === "-c" || !word.startsWith("-")) ? "a shell" : null;
  const script = name === "node" ? basename(words[1] ?? "") : name;
  const manager = MANAGER.exec(script)?.[1];
  return manager ?? null;
}

function childOfInit(machine: Machine): number {
  const pids = machine.list("/proc").filter((name) => /^\d+$/.test(name) && name !== "1");
  const child = pids.find((pid) => /^PPid:\s+1$/m.test(machine.read(`/proc/${pid}/status`) ?? ""));
  return Number(child ?? 1);
}
