/** Runs a module as the main program it was written to be: CommonJS, ESM or TypeScript. */

import { existsSync, readFileSync } from "node:fs";
import Module from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";

export interface ModuleExports {
  /** As an importer sees them. For CommonJS, `default` is `module.exports` as a whole. */
  readonly names: readonly string[];
  /** Read one by one: a framework's getters must not run just to be listed. */
  get(name: string): unknown;
}

/** Runs `file` and returns its exports. While it runs, `process.argv[1]` names it, and in CommonJS `require.main === module`. */
export async function runModule(file: string): Promise<ModuleExports> {
  process.argv.splice(1, Number.POSITIVE_INFINITY, file);
  if (TRANSPILED.has(path.extname(file))) return ofNamespace(await runTranspiled(file));
  if (isCommonJs(file)) return ofCommonJs(runCommonJs(file));
  try {
    return ofNamespace((await import(pathToFileURL(file).href)) as object);
  } catch (error) {
    // JavaScript that imports TypeScript, on a Node that does not read it. Nothing has run yet: the graph did not link.
    if ((error as NodeJS.ErrnoException | null)?.code !== "ERR_UNKNOWN_FILE_EXTENSION") throw error;
    return ofNamespace(await runTranspiled(file));
  }
}

/** Imports `file`, whatever it is written in, as a part of the program and not the main one. */
export async function importModule(file: string): Promise<ModuleExports> {
  if (TRANSPILED.has(path.extname(file))) return ofNamespace(await runTranspiled(file));
  return ofNamespace((await import(pathToFileURL(file).href)) as object);
}

// --- internal ---

const TRANSPILED: ReadonlySet<string> = new Set([".ts", ".mts", ".cts", ".tsx", ".jsx"]);

/** The loader that `node file.js` itself uses; public in all but name. */
interface MainLoader {
  _load(request: string, parent: null, isMain: boolean): unknown;
}

function runCommonJs(file: string): unknown {
  return (Module as unknown as MainLoader)._load(file, null, true);
}

async function runTranspiled(file: string): Promise<object> {
  const { createJiti } = await import("jiti");
  return await createJiti(pathToFileURL(file).href, { interopDefault: false, jsx: true }).import<object>(file);
}

/** Node's rule: the extension, else the nearest package.json, else what the source can be compiled as. */
function isCommonJs(file: string): boolean {
  const extension = path.extname(file);
  if (extension === ".mjs") return false;
  if (extension === ".cjs") return true;
  const type = packageType(path.dirname(file));
  if (type !== undefined) return type !== "module";
  return compilesAsCommonJs(readFileSync(file, "utf8"), file);
}

function packageType(directory: string): string | undefined {
  for (let folder = directory; ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, "package.json");
    if (existsSync(manifest)) {
      const { type } = JSON.parse(readFileSync(manifest, "utf8")) as { type?: string };
      return type;
    }
    if (folder === path.dirname(folder)) return undefined;
  }
}

function compilesAsCommonJs(source: string, file: string): boolean {
  try {
    new Script(Module.wrap(source.replace(/^#!.*/, "")), { filename: file });
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Wrong either way: the loader that reports better is told by the first statement.
    return !/^\s*(?:import\b|export\b)|\bawait\b|import\.meta/m.test(source);
  }
}

function ofNamespace(namespace: object): ModuleExports {
  return { names: Object.keys(namespace), get: (name) => Reflect.get(namespace, name) };
}

function ofCommonJs(exports: unknown): ModuleExports {
  if ((typeof exports !== "object" && typeof exports !== "function") || exports === null) {
    return { names: ["default"], get: (name) => (name === "default" ? exports : undefined) };
  }
  const names = Object.keys(exports);
  if ("__esModule" in exports)
    return { names: names.filter((name) => name !== "__esModule"), get: (name) => Reflect.get(exports, name) };
  const isUntouched =
    typeof exports === "object" && names.length === 0 && Object.getPrototypeOf(exports) === Object.prototype;
  if (isUntouched) return { names, get: () => undefined };
  if (Object.hasOwn(exports, "default")) return { names, get: (name) => Reflect.get(exports, name) };
  return { names: ["default", ...names], get: (name) => (name === "default" ? exports : Reflect.get(exports, name)) };
}
