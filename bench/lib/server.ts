/** How Junicorn is started for a bench. */

import { fileURLToPath } from "node:url";
import { bindOf, type Endpoint } from "../../src/measure/server/ready.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const APPS = fileURLToPath(new URL("../apps", import.meta.url));

/** Junicorn from dist/, in the folder of the bench's applications. */
export function junicorn(at: Endpoint, args: readonly string[]): string[] {
  const options = ["--bind", bindOf(at), "--chdir", APPS, "--log-level", "warning"];
  return [process.execPath, `${ROOT}/dist/cli/main.js`, ...options, ...args];
}
