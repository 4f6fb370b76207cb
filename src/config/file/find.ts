/** Which config file is read. */

import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { JunicornError } from "../../base/errors.ts";

/** Names a config file may have without being named on the command line; the first that exists is read. */
export const CONFIG_FILE_NAMES: readonly string[] = ["ts", "mts", "js", "mjs", "cjs", "json"].map(
  (extension) => `junicorn.config.${extension}`,
);

/** The file named by `--config`: a path, `file:PATH` or a file URL, relative to `directory`. Throws `ERR_CONFIG_FILE` if it is none. */
export function namedConfigFile(location: string, directory: string): string {
  const isUrl = location.startsWith("file:///");
  const path = isUrl ? fileURLToPath(location) : resolve(directory, location.replace(/^file:/, ""));
  const kind = kindOf(path);
  if (kind === "missing") throw problem(path, "there is no such config file");
  if (kind === "directory") throw problem(path, "this is a directory; --config names a file");
  if (!/\.([cm]?[jt]s|json)$/.test(path)) {
    throw problem(
      path,
      "a config file is TypeScript, JavaScript or JSON, and its name ends in .ts, .mts, .cts, .js, .mjs, .cjs or .json",
    );
  }
  return path;
}

/** The config file of a directory, or null. */
export function defaultConfigFile(directory: string): string | null {
  const name = CONFIG_FILE_NAMES.find((candidate) => kindOf(join(directory, candidate)) === "file");
  return name === undefined ? null : join(directory, name);
}

/** True if `path` is a directory. */
export function isDirectory(path: string): boolean {
  return kindOf(path) === "directory";
}

// --- internal ---

function kindOf(path: string): "file" | "directory" | "missing" {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return "missing";
  return stats.isDirectory() ? "directory" : "file";
}

function problem(file: string, text: string): JunicornError {
  return new JunicornError("ERR_CONFIG_FILE", { file, problem: text });
}
