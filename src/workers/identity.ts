/** A worker becomes what the master tells it to be, before it loads anything of the application. */

import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";

import { JunicornError } from "../base/errors.ts";
import type { WorkerIdentity } from "../ipc/protocol.ts";

/** There is no way back: groups first, for only root may change them. Throws `ERR_WORKER_BOOT`. */
export function become({ uid, gid, groupsOf }: WorkerIdentity): void {
  if (groupsOf === null) process.setgroups!([gid]);
  else (process as WithInitgroups).initgroups(groupsOf, gid);
  process.setgid!(gid);
  process.setuid!(uid);
  const own = fileURLToPath(import.meta.url);
  // Modules are loaded when they are needed, so this would come up later, as one that "cannot be found".
  if (!canRead(own)) throw unreadable(uid, own, "install Junicorn where that user can read it");
  if (!canEnter(process.cwd()))
    throw unreadable(uid, process.cwd(), "give that user access, or --chdir to another one");
}

// --- internal ---

/** Node has it, its types do not. */
type WithInitgroups = NodeJS.Process & { initgroups(user: string, extraGroup: number): void };

function canRead(path: string): boolean {
  return can(path, constants.R_OK);
}

function canEnter(directory: string): boolean {
  return can(directory, constants.X_OK);
}

function can(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function unreadable(uid: number, path: string, remedy: string): JunicornError {
  return new JunicornError("ERR_WORKER_BOOT", {
    problem: `user ${uid} (--user) may not read ${path}: ${remedy}`,
  });
}
