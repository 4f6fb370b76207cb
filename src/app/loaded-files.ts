/** Which files an application is made of: what this thread has loaded that is neither a package's nor ours. */

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { recordImports } from "../base/module-hooks.ts";

export class LoadedFiles {
  /** CommonJS and what is transpiled is in Node's own cache; nobody lists ES modules but who was there when they were loaded. */
  readonly #imported = recordImports();
  readonly #required = createRequire(import.meta.url).cache;

  /** As of now: it may load more at any time. */
  list(): string[] {
    const files = new Set([...this.#imported, ...Object.keys(this.#required)]);
    return [...files].filter(
      (file) => file.startsWith("/") && !file.includes("/node_modules/") && !file.startsWith(OURS),
    );
  }
}

/** The directory that an application is in as a whole: the nearest with a package.json, from `directory` up, or `directory` itself. */
export function projectOf(directory: string): string {
  for (let folder = directory; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return directory;
}

// --- internal ---

/** src/ or dist/. */
const OURS = fileURLToPath(new URL("../", import.meta.url));
