/** The file of a unix socket: whether somebody listens there, and whose it is. */

import { lstatSync, unlinkSync } from "node:fs";
import { connect } from "node:net";

/** A socket file that nobody listens on is left over from a crash; anything else at the path is not ours to remove: throws ENOTSOCKET or EADDRINUSE. */
export async function removeStaleSocket(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) throw failure("ENOTSOCKET");
  if (await listens(path)) throw failure("EADDRINUSE");
  unlinkSync(path);
}

/** True if somebody listens at `path`. */
export function listens(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    // EAGAIN is a full backlog: somebody listens there.
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code === "EAGAIN" || error.code === "EACCES"));
  });
}

/** Tells a file from another that has taken its place. Null: there is none. */
export function inodeOf(path: string): number | null {
  return lstatSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

/** An error of ours in the shape of a system call's. */
export function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
