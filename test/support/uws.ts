/** Whether there is an uWebSockets.js for the Node that the tests run on: some versions of Node have none (docs/engines.md). */

import { createRequire } from "node:module";

/** On the Node of this repository it has to be there: its absence must fail and not pass unseen. */
export const HAS_UWS = process.version.startsWith("v20.") || isInstalled();

/** Where there is none, tests that ask for it look at what users get then: the same class, served by llhttp. */
export function withoutMissingUws(args: readonly string[]): string[] {
  return args.map((word, at) => (!HAS_UWS && word === "uws" && args[at - 1] === "--http-engine" ? "auto" : word));
}

// --- internal ---

function isInstalled(): boolean {
  const require = createRequire(import.meta.url);
  try {
    const [major] = process.versions.node.split(".", 1);
    createRequire(require.resolve("uWebSockets.js")).resolve(
      `@uwsjs/${process.platform}-${process.arch}-${major}/package.json`,
    );
    return true;
  } catch {
    return false;
  }
}
