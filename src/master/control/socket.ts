/** The control socket's file: made so that nobody else can connect, never taken from a living server, and removed only while it is ours. */

import { chmodSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";

import { JunicornError } from "../../base/errors.ts";
import { native } from "../../native.ts";
import { inodeOf, removeStaleSocket } from "../../net/socket-file.ts";
import { entryOf, privateDirectory } from "./places.ts";

export interface SocketOptions {
  /** Where the setting wants it; null: in one of the directories, by our pid. */
  readonly path: string | null;
  readonly mode: number;
  /** Where clients look, the best first. */
  readonly directories: readonly string[];
}

/** A socket that listens, and what is in the file system for it. */
export interface ControlSocket {
  readonly fd: number;
  readonly path: string;
  /** Removes what still is ours. The descriptor is the caller's to close. */
  release(): void;
}

/** Throws `ERR_CONTROL_SOCKET`, which says what is in the way. */
export async function openControlSocket({ path, mode, directories }: SocketOptions): Promise<ControlSocket> {
  const { directory, problems } = privateDirectory(directories);
  const entry = directory === null ? null : entryOf(directory, process.pid);
  const place = path === null ? entry : resolve(path);
  if (place === null) throw new JunicornError("ERR_CONTROL_SOCKET", { problem: problems.join("; ") });
  try {
    // A pid is ours alone: a link by that name is a dead master's.
    if (path === null && targetOf(place) !== null) unlinkSync(place);
    const fd = await listenAt(place, mode);
    const inode = inodeOf(place);
    const link = path === null || entry === null ? null : linkTo(place, entry);
    return {
      fd,
      path: place,
      release: () => {
        if (inodeOf(place) === inode) unlinkSync(place);
        if (link !== null && targetOf(link) === place) unlinkSync(link);
      },
    };
  } catch (error) {
    throw new JunicornError("ERR_CONTROL_SOCKET", { problem: `${place}: ${explain(error)}` }, { cause: error });
  }
}

// --- internal ---

/** Clients are few, and come and go at once. */
const BACKLOG = 16;

async function listenAt(path: string, mode: number): Promise<number> {
  await removeStaleSocket(path);
  const before = process.umask(0o177);
  try {
    const fd = native().listen({ path, backlog: BACKLOG });
    chmodSync(path, mode);
    return fd;
  } finally {
    process.umask(before);
  }
}

/** For clients that know no more than the pid. That it cannot be made is no reason to go without the socket. */
function linkTo(place: string, entry: string): string | null {
  try {
    if (inodeOf(entry) !== null) unlinkSync(entry);
    symlinkSync(place, entry);
    return entry;
  } catch {
    return null;
  }
}

function targetOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null; // no link, or not there
  }
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "EADDRINUSE":
      return "another server listens there; it keeps it";
    case "ENOTSOCKET":
      return "there is a file at that path, and it is not a socket";
    case "ENOENT":
      return "the directory does not exist";
    case "EACCES":
    case "EROFS":
      return `the directory is not writable (${code})`;
    case "ENAMETOOLONG":
    case "EINVAL":
      return "the path is too long for a socket (107 bytes at most)";
    default:
      return message;
  }
}
