/** What the checks ask of the machine; tests bring their own. */

import { accessSync, constants, readdirSync, readFileSync, statSync } from "node:fs";
import { arch, totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

import type { JunicornError } from "../base/errors.ts";
import { availableCpus, cpuQuota } from "../config/cpus.ts";
import type { Environment } from "../config/environment.ts";
import { totalMemory } from "../config/memory.ts";
import type { Settings } from "../config/settings/index.ts";
import { identityOf } from "../master/accounts.ts";
import { portHolder } from "../net/port-holder.ts";

export type FileKind = "file" | "directory" | "socket" | "other";

export interface Machine {
  readonly uid: number;
  readonly env: Environment;
  /** "Node 20.20.2, linux x64, glibc 2.36". */
  readonly platform: string;
  /** CPUs that may be used, and the quota that says so; null: none is set. */
  readonly cpus: number;
  readonly cpuQuota: number | null;
  readonly memoryBytes: number;
  /** The memory is that of a container, not the machine's. */
  readonly memoryIsLimited: boolean;
  /** Most that the heap of a process that is started like this one may take. */
  readonly heapBytes: number;
  /** A file's text; null if it cannot be read. */
  read(path: string): string | null;
  /** The names in a directory; none if it cannot be read. */
  list(path: string): readonly string[];
  kindOf(path: string): FileKind | null;
  /** Whether this user may write to the file, or make files in the directory: null, or the error's code. */
  writeError(path: string): string | null;
  /** Why workers cannot be whom `--user` and `--group` name; null: they can. */
  accountProblem(settings: Pick<Settings, "user" | "group" | "initgroups">): string | null;
  /** "process 4242 (nginx)"; "" for nobody. */
  portHolder(port: number): string;
}

/** The machine we are on. */
export function thisMachine(env: Environment): Machine {
  const memoryBytes = totalMemory();
  return {
    uid: process.geteuid?.() ?? 0,
    env,
    platform: platform(),
    cpus: availableCpus(),
    cpuQuota: cpuQuota(),
    memoryBytes,
    memoryIsLimited: memoryBytes < totalmem(),
    heapBytes: getHeapStatistics().heap_size_limit,
    read: (path) => orNull(() => readFileSync(path, "utf8")),
    list: (path) => orNull(() => readdirSync(path)) ?? [],
    kindOf,
    writeError,
    accountProblem,
    portHolder,
  };
}

// --- internal ---

function platform(): string {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const libc = header.glibcVersionRuntime === undefined ? "no glibc (musl?)" : `glibc ${header.glibcVersionRuntime}`;
  return `Node ${process.versions.node}, ${process.platform} ${arch()}, ${libc}`;
}

function accountProblem(settings: Parameters<Machine["accountProblem"]>[0]): string | null {
  try {
    identityOf(settings);
  } catch (error) {
    // Without the addon nobody can be found; of that another check speaks.
    if ((error as Partial<JunicornError>).code === "ERR_ACCOUNT") return (error as Error).message;
  }
  return null;
}

function kindOf(path: string): FileKind | null {
  const stat = orNull(() => statSync(path));
  if (stat === null) return null;
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  return stat.isSocket() ? "socket" : "other";
}

function writeError(path: string): string | null {
  try {
    accessSync(path, constants.W_OK | (kindOf(path) === "directory" ? constants.X_OK : 0));
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown error";
  }
}

function orNull<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    return null;
  }
}
