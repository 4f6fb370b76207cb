/** Whether uWebSockets.js loads on the Node and the system that the tests run on. It is decided here, and asked here by all that is skipped without it. */

import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";

const VARIABLE = "JUNICORN_TESTS_WITHOUT_UWS";

/** On the Node of this repository it has to be there: its absence must fail and not pass unseen. */
export const HAS_UWS = process.version.startsWith("v20.") || process.env[VARIABLE] === undefined;

/** Where there is none, tests that ask for it look at what users get then: the same class, served by llhttp. */
export function withoutMissingUws(args: readonly string[]): string[] {
  return args.map((word, at) => (!HAS_UWS && word === "uws" && args[at - 1] === "--http-engine" ? "auto" : word));
}

/** Looks as a worker does, in a process of its own, before any test. */
export function lookForUws(binding: string): void {
  const script = `import(${JSON.stringify(pathToFileURL(binding).href)}).then(({ loadUws }) => {
    const loaded = loadUws(4096);
    if (typeof loaded === "string") process.stdout.write(loaded);
    process.exit();
  })`;
  const { stdout } = spawnSync(process.execPath, ["--eval", script], { encoding: "utf8" });
  if (stdout === "" || process.env[VARIABLE] !== undefined) return;
  process.stderr.write(`Tests of what only uWebSockets does are skipped: ${stdout}\n`);
  process.env[VARIABLE] = stdout;
}
