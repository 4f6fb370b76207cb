/** Where control sockets are found: by the master's pid, in a private directory. */

import { lstatSync, mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";

import { listens } from "../../net/socket-file.ts";

/** A running master, and the way to its control socket. */
export interface Place {
  readonly pid: number;
  readonly path: string;
}

/**
 * Where a master with this environment, of user `uid`, puts its control socket: the best first. The last is for those that have no home, or may
 * not write to it.
 */
export function controlDirectories(env: Readonly<Record<string, string | undefined>>, uid: number): string[] {
  const runtime = env["XDG_RUNTIME_DIR"] ?? "";
  const home = env["HOME"] ?? homeOfUser();
  return [
    ...(isAbsolute(runtime) ? [join(runtime, "junicorn")] : []),
    ...(isAbsolute(home) ? [join(home, ".junicorn")] : []),
    join(env["TMPDIR"] ?? tmpdir(), `junicorn-${uid}`),
  ];
}

/** The entry of a master in one of the directories: its socket, or a link to it where a setting puts that elsewhere. */
export function entryOf(directory: string, pid: number): string {
  return join(directory, `${pid}.ctl`);
}

/**
 * The first of `directories` that is ours alone, or can be made so (mode 0700). A directory that others own or may enter is passed over: whoever
 * can replace a socket can pose as the master. Null, with what is wrong of each, if none will do.
 */
export function privateDirectory(directories: readonly string[]): { directory: string | null; problems: string[] } {
  const problems: string[] = [];
  for (const directory of directories) {
    const problem = makePrivate(directory);
    if (problem === null) return { directory, problems };
    problems.push(problem);
  }
  return { directory: null, problems };
}

/** The masters that answer, by pid. Entries that dead masters have left are removed. */
export async function findPlaces(directories: readonly string[]): Promise<Place[]> {
  const entries = directories.flatMap((directory) =>
    entriesIn(directory).map((pid): Place => ({ pid, path: entryOf(directory, pid) })),
  );
  const live = await Promise.all(entries.map(async (place) => ((await isLive(place)) ? place : null)));
  return live.filter((place) => place !== null).toSorted((a, b) => a.pid - b.pid);
}

// --- internal ---

function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return ""; // a user that no file knows, as containers have
  }
}

function makePrivate(directory: string): string | null {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const stat = lstatSync(directory);
    if (!stat.isDirectory()) return `${directory} is not a directory`;
    if (stat.uid !== process.geteuid?.()) return `${directory} belongs to another user`;
    if ((stat.mode & 0o077) !== 0) return `${directory} is open to others (chmod 700 ${directory})`;
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function entriesIn(directory: string): number[] {
  try {
    return readdirSync(directory).flatMap((name) => {
      const pid = /^(\d+)\.ctl$/.exec(name)?.[1];
      return pid === undefined ? [] : [Number(pid)];
    });
  } catch {
    return [];
  }
}

async function isLive({ pid, path }: Place): Promise<boolean> {
  if (await listens(path)) return true;
  if (!isRunning(pid)) {
    try {
      unlinkSync(path);
    } catch {
      // Somebody else's, or removed meanwhile.
    }
  }
  return false;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
