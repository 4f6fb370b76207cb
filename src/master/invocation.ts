/** How this server was started: what an upgrade and a daemon repeat, and what others have left for it. */

import { accessSync, constants } from "node:fs";
import { join, resolve } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Invocation {
  /** Node as it was called, its options, the script and its arguments. */
  readonly command: readonly string[];
  /** Where it was called. */
  readonly directory: string;
  /** The environment as it was then. */
  readonly environment: Environment;
}

/** Variables that are for this process alone: no child sees them but those that are meant to. */
export const OWN_VARIABLES = [
  "JUNICORN_PID",
  "JUNICORN_FD",
  "JUNICORN_BIND",
  "JUNICORN_DAEMON",
  "LISTEN_PID",
  "LISTEN_FDS",
  "LISTEN_FDNAMES",
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
] as const;

/**
 * The executable and arguments that start the same again. Node is looked for as it was found then, and so is the script: where a link or
 * the search path leads to a newer version by now, that one starts.
 */
export function repeatCommand({ command, directory, environment }: Invocation): { file: string; args: string[] } {
  const [name = "", ...args] = command;
  const places = name.includes("/") ? [""] : (environment["PATH"] ?? "").split(":").filter((place) => place !== "");
  const file = places.map((place) => resolve(directory, join(place, name))).find(isExecutable);
  // What it was called by is gone (a version manager cleans up), or was made up by who called: the binary that runs is still there.
  return { file: file ?? process.execPath, args };
}

/** The environment for starting the same again, with `changes`; `undefined` takes a variable out. */
export function repeatEnvironment({ environment }: Invocation, changes: Environment): Environment {
  const own = Object.fromEntries(OWN_VARIABLES.map((name) => [name, undefined]));
  return { ...environment, ...own, ...changes };
}

// --- internal ---

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
