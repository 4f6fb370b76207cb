/** Opens what a log is written to. */

import { constants, fstatSync, openSync } from "node:fs";

/**
 * For appending, made if it is not there. It never waits: to open a named pipe that nobody reads would otherwise hold the whole process up, and so would
 * writing to one that is full. Throws what `openSync` throws.
 */
export function openLogFile(path: string): number {
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR, O_WRONLY } = constants;
  try {
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
  } catch (error) {
    // A pipe without a reader. Who opens both its ends need not wait for one, and what is written is there when it comes.
    if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
    return openSync(path, O_RDWR | O_NONBLOCK);
  }
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
