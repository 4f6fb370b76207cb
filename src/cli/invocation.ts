/** Takes down how this process was started, before anything changes it. */

import { readFileSync, statSync } from "node:fs";

import type { ProcessVariables } from "../config/environment.ts";
import type { Invocation } from "../master/invocation.ts";

/** Call it before the working directory, the process title or a variable is set. */
export function readInvocation(variables: ProcessVariables): Invocation {
  const environment = variables.snapshot();
  return { command: commandLine(), directory: startDirectory(environment["PWD"]), environment };
}

// --- internal ---

/** As it was typed: Node itself makes the script's path absolute, and so nails it to the version that a link leads to today. */
function commandLine(): string[] {
  try {
    const words = readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(0, -1);
    if (words.length > 1) return words;
  } catch {
    // No /proc: what Node knows has to do.
  }
  return [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
}

/** The shell's name for the directory, where it is one: it may be a link that will lead elsewhere. */
function startDirectory(shells: string | undefined): string {
  const directory = process.cwd();
  if (shells === undefined || !shells.startsWith("/")) return directory;
  const [here, there] = [directory, shells].map((path) => statSync(path, { throwIfNoEntry: false }));
  return here !== undefined && here.ino === there?.ino && here.dev === there.dev ? shells : directory;
}
