/** Opens what a log is written to. */

import { constants, fstatSync, openSync, statfsSync, statSync } from "node:fs";

/**
 * For appending, made if it is not there. It never waits: to open a named pipe that nobody reads would otherwise hold the whole process up, and so would
 * writing to one that is full. Throws what `openSync` throws.
 */
export function openLogFile(path: string): number {
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR, O_WRONLY } = constants;
  if (isNamedPipe(path)) {
    try {
      // At both ends, also when there is a reader: that may be ourselves until an old descriptor is closed, and nobody after.
      return openSync(path, O_RDWR | O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error;
    }
  }
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
}

/**
 * A standard stream that is a pipe, opened a second time: writing to this never waits, and for all others who have the pipe nothing changes. A thread that
 * waits in a pipe that nobody reads would keep the process from ending. Where that cannot be done (no /proc, another user's pipe) it is `fd` itself.
 */
export function openOwnPipe(fd: number): number {
  const { O_NONBLOCK, O_WRONLY } = constants;
  try {
    return fstatSync(fd).isFIFO() ? openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK) : fd;
  } catch {
    return fd;
  }
}

// --- internal ---

/** What `statfs` calls the file system of pipes without a name: /dev/stderr may be one, and its reader's end belongs to its reader alone. */
const PIPEFS_MAGIC = 0x50495045;

function isNamedPipe(path: string): boolean {
  try {
    return statSync(path).isFIFO() && statfsSync(path).type !== PIPEFS_MAGIC;
  } catch {
    return false; // not there yet
  }
}
