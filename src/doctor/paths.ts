/** Checks that the files the settings name can be written. */

import { dirname, resolve } from "node:path";

import { isAlive, keepsPidfileOut } from "../master/pidfile.ts";
import { controlDirectories } from "../master/control/places.ts";
import { parseAddress } from "../net/address.ts";
import { fail, ok, type Result, type Subject, warn } from "./finding.ts";
import type { Machine } from "./machine.ts";

export function checkPaths(subject: Subject): Result[] {
  const found = [...logs(subject), ...sockets(subject), ...pidfile(subject), ...control(subject)];
  return found.length > 0 ? found : [ok("logs, pid file and sockets can be written")];
}

// --- internal ---

function logs({ settings, machine }: Subject): Result[] {
  const files: [setting: string, file: string | null][] = [
    ["access_logfile", settings.accessLogfile],
    ["error_logfile", settings.errorLogfile],
  ];
  return files.flatMap(([setting, file]) => {
    if (file === null || file === "-") return [];
    const path = resolve(file);
    const kind = machine.kindOf(path);
    const problem =
      kind === "directory" ? "it is a directory" : kind === null ? inDirectory(machine, path) : denied(machine, path);
    return problem === null ? [] : [fail(`${setting} ${path}: ${problem}`, advice(problem, path, setting))];
  });
}

function sockets({ settings, machine }: Subject): Result[] {
  return settings.bind.map(parseAddress).flatMap((address) => {
    if (address.kind !== "unix") return [];
    const path = resolve(address.path);
    const kind = machine.kindOf(path);
    const problem =
      kind !== null && kind !== "socket" ? "there is something that is no socket" : inDirectory(machine, path);
    return problem === null ? [] : [fail(`bind unix:${path}: ${problem}`, advice(problem, path, "bind"))];
  });
}

function pidfile({ settings, machine }: Subject): Result[] {
  if (settings.pidfile === null) return [];
  const path = resolve(settings.pidfile);
  const kind = machine.kindOf(path);
  const problem = (kind && keepsPidfileOut(kind, (machine.read(path) ?? "").length)) ?? inDirectory(machine, path);
  if (problem !== null) return [fail(`pidfile ${path}: ${problem}`, advice(problem, path, "pidfile"))];
  const pid = Number(machine.read(path)?.trim() ?? 0);
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return [];
  const command = commandOf(machine, pid);
  if (command.startsWith("junicorn")) return [ok(`pidfile ${path} is that of the running server, process ${pid}`)];
  return [
    fail(
      `pidfile ${path} names process ${pid} (${command}), which is alive and no Junicorn: the server would not start`,
      "remove the file",
    ),
  ];
}

function control({ settings, machine }: Subject): Result[] {
  if (settings.controlSocketDisable) return [];
  if (settings.controlSocket !== null) {
    const path = resolve(settings.controlSocket);
    const problem = inDirectory(machine, path);
    if (problem === null) return [];
    return [
      warn(
        `control_socket ${path}: ${problem}; the server runs with the default one`,
        advice(problem, path, "control_socket"),
      ),
    ];
  }
  const directories = controlDirectories(machine.env, machine.uid);
  if (directories.some((directory) => denied(machine, existing(machine, directory)) === null)) return [];
  return [
    warn(
      `there is no place for the control socket (${directories.join(", ")}): junicorn ctl and status cannot reach the server`,
      "--control-socket PATH in a directory that this user may write to, or --no-control-socket",
    ),
  ];
}

/** What keeps a new file from being made there. */
function inDirectory(machine: Machine, path: string): string | null {
  const directory = dirname(path);
  const kind = machine.kindOf(directory);
  if (kind === null) return `the directory ${directory} does not exist`;
  if (kind !== "directory") return `${directory} is no directory`;
  return denied(machine, directory);
}

function denied(machine: Machine, path: string): string | null {
  const code = machine.writeError(path);
  if (code === null) return null;
  if (code === "EROFS") return `${path} is on a read-only file system`;
  return code === "EACCES" ? `user ${machine.uid} may not write to ${path}` : `${path} cannot be written (${code})`;
}

function advice(problem: string, path: string, setting: string): string {
  if (problem.includes("does not exist")) return `mkdir -p ${dirname(path)}, or another ${setting}`;
  if (problem.includes("read-only")) return `mount a volume or a tmpfs at ${dirname(path)}, or another ${setting}`;
  if (problem.includes("may not write"))
    return `chown or chmod it for the user that starts the server, or another ${setting}`;
  return `another ${setting}`;
}

/** The directory itself, or the first above it that is there. */
function existing(machine: Machine, directory: string): string {
  let path = directory;
  while (machine.kindOf(path) === null && path !== "/") path = dirname(path);
  return path;
}

function commandOf(machine: Machine, pid: number): string {
  return (machine.read(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ").trim().slice(0, 80);
}
