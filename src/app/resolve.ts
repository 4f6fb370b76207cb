/** From the MODULE a user typed to a file. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { JunicornError } from "../base/errors.ts";
import { nearNames } from "../base/nearest.ts";

/** Tried in this order behind a name without one. */
export const EXTENSIONS: readonly string[] = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx"];

/** Finds a path (with or without extension), a directory with a package.json or an index, or an installed package. `what` is for the error. */
export function resolveModule(module: string, directory: string, what = `the application "${module}"`): string {
  const file =
    resolvePath(path.resolve(directory, module)) ?? (isBare(module) ? resolvePackage(module, directory) : undefined);
  if (file !== undefined) return file;
  throw new JunicornError("ERR_APP_LOAD", { problem: missing(module, directory, what) });
}

// --- internal ---

function resolvePath(target: string): string | undefined {
  if (kindOf(target) === "file") return target;
  for (const extension of EXTENSIONS) if (kindOf(target + extension) === "file") return target + extension;
  return kindOf(target) === "directory" ? resolveDirectory(target) : undefined;
}

function resolveDirectory(directory: string): string | undefined {
  const main = mainOf(directory);
  if (main !== undefined) {
    const file = resolvePath(path.resolve(directory, main));
    if (file !== undefined) return file;
  }
  return EXTENSIONS.map((extension) => path.join(directory, `index${extension}`)).find(
    (file) => kindOf(file) === "file",
  );
}

/** The entry that a package names: `exports` for imports first, as Node has it. */
function mainOf(directory: string): string | undefined {
  let manifest: { main?: unknown; exports?: unknown };
  try {
    manifest = JSON.parse(readFileSync(path.join(directory, "package.json"), "utf8")) as typeof manifest;
  } catch {
    return undefined; // no package.json, or none that can be read: the index it is
  }
  const exported = importTarget(manifest.exports);
  if (exported !== undefined) return exported;
  return typeof manifest.main === "string" ? manifest.main : undefined;
}

function importTarget(exports: unknown): string | undefined {
  if (typeof exports === "string") return exports;
  if (typeof exports !== "object" || exports === null) return undefined;
  const conditions = exports as Record<string, unknown>;
  for (const condition of [".", "node", "import", "module-sync", "default", "require"]) {
    const target = importTarget(conditions[condition]);
    if (target !== undefined) return target;
  }
  return undefined;
}

function isBare(module: string): boolean {
  return !module.startsWith(".") && !path.isAbsolute(module);
}

function resolvePackage(module: string, directory: string): string | undefined {
  try {
    return createRequire(path.join(directory, "noop.js")).resolve(module);
  } catch {
    // A package for `import` only is not found by `require`; then its folder is.
  }
  for (let folder = directory; ; folder = path.dirname(folder)) {
    const found = resolvePath(path.join(folder, "node_modules", module));
    if (found !== undefined || folder === path.dirname(folder)) return found;
  }
}

function missing(module: string, directory: string, what: string): string {
  const target = path.resolve(directory, module);
  const folder = path.dirname(target);
  if (kindOf(target) === "directory")
    return `cannot find ${what}: the directory ${target} has neither a package.json with "main" nor an index file`;
  if (kindOf(folder) !== "directory") return `cannot find ${what}: there is no directory ${folder}`;
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) =>
      entry.isDirectory()
        ? !entry.name.startsWith(".") && entry.name !== "node_modules"
        : EXTENSIONS.includes(path.extname(entry.name)),
    )
    .map((entry) => entry.name);
  const close = nearNames(bareName(module), names, bareName);
  const hint =
    close.length > 0
      ? `. Did you mean ${close.map((name) => path.join(path.dirname(module), name)).join(" or ")}?`
      : names.length > 0
        ? `. There are: ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`
        : "";
  return `cannot find ${what}: no such file or package in ${folder}${hint}`;
}

/** Without directory and extension: what people mistype. */
function bareName(file: string): string {
  const extension = path.extname(file);
  return path.basename(file, EXTENSIONS.includes(extension) ? extension : "");
}

function kindOf(target: string): "file" | "directory" | undefined {
  const stat = statSync(target, { throwIfNoEntry: false });
  if (stat?.isFile()) return "file";
  return stat?.isDirectory() ? "directory" : undefined;
}
