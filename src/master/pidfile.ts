/** The file with the master's process id: written whole or not at all, never over that of a live server, removed only while it is ours. */

import { chmodSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

import { JunicornError } from "../base/errors.ts";

export class Pidfile {
  /** Where it is, or null: none has been written. */
  #path: string | null = null;

  get path(): string | null {
    return this.#path;
  }

  /** Throws `ERR_PIDFILE` if the file names a live process, or cannot be written. */
  create(file: string): void {
    const path = resolve(file);
    const other = otherThanPidfile(path);
    if (other !== null) throw cannot(path, other);
    const holder = livePidIn(path);
    if (holder !== 0) throw cannot(path, `${describe(holder)}; is the server running already? If not, remove the file`);
    // A reader never sees half a number.
    const temporary = `${path}.${process.pid}`;
    try {
      rmSync(temporary, { force: true });
      writeFileSync(temporary, `${process.pid}\n`, { flag: "wx" });
      chmodSync(temporary, 0o644); // whatever the umask is: who manages the server must be able to read it
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw cannot(path, explain(error as NodeJS.ErrnoException));
    }
    this.#path = path;
  }

  /** Has it under another name, or not at all (null). Throws `ERR_PIDFILE`, and keeps the old one then. */
  move(file: string | null): void {
    if (file !== null && resolve(file) === this.#path) return;
    const old = this.#path;
    if (file === null) this.#path = null;
    else if (old !== null && this.#rename(old, resolve(file))) return;
    else this.create(file);
    if (old !== null) removeOurs(old);
  }

  remove(): void {
    if (this.#path !== null) removeOurs(this.#path);
    this.#path = null;
  }

  /** In one step, so that nobody sees both, or none. False where that cannot be. */
  #rename(old: string, path: string): boolean {
    if (otherThanPidfile(path) !== null || livePidIn(path) !== 0 || read(old).trim() !== String(process.pid))
      return false;
    try {
      renameSync(old, path);
    } catch {
      return false; // another file system, or not ours to write: creating it says what is wrong
    }
    this.#path = path;
    return true;
  }
}

/** Why a pidfile must not replace what is there (the application, /dev/null), or null. What is left of a pidfile may be replaced. */
export function keepsPidfileOut(kind: "file" | "directory" | "socket" | "other", bytes: number): string | null {
  if (kind === "directory") return "it is a directory";
  if (kind !== "file") return "there is something that is no file, and would be replaced by one";
  return bytes > MOST_BYTES ? "there is a file that holds more than a number, and would be lost" : null;
}

/** True for a process that runs, ours to signal or not. One that has ended and whose parent has not looked yet (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return !/^State:\s+[ZX]/m.test(read(`/proc/${pid}/status`));
}

// --- internal ---

const MOST_BYTES = 64;

function otherThanPidfile(path: string): string | null {
  try {
    const stats = statSync(path);
    return keepsPidfileOut(stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other", stats.size);
  } catch {
    return null; // there is none, or who writes it is told why that cannot be
  }
}

/** The live process that a file names; 0 for none, for ourselves, and for what is no pidfile or cannot be read. */
function livePidIn(path: string): number {
  const text = read(path).trim();
  const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  // In a container that was killed and started anew it is often our own number.
  return pid > 0 && pid !== process.pid && isAlive(pid) ? pid : 0;
}

function removeOurs(path: string): void {
  try {
    if (read(path).trim() === String(process.pid)) unlinkSync(path);
  } catch {
    // Gone meanwhile, or the directory is not ours any more: whoever starts next finds that it is stale.
  }
}

function describe(pid: number): string {
  const name = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim().slice(0, 80);
  return `it names process ${pid}${name === "" ? "" : ` (${name})`}, which is alive`;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function cannot(file: string, problem: string): JunicornError {
  return new JunicornError("ERR_PIDFILE", { file, problem });
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return "its directory does not exist (ENOENT)";
    case "EACCES":
      return "this user may not write there (EACCES)";
    case "EROFS":
      return "the file system is read-only (EROFS)";
    default:
      return error.message;
  }
}
