/** Reads a config file and gives the object of settings it holds. Whatever goes wrong in it is told with file, line and the lines around. */

import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";

import { codeFrame, locateError, type SourceLocation } from "../../base/code-frame.ts";
import { JunicornError } from "../../base/errors.ts";
import { importFresh } from "../../base/module-hooks.ts";

/** What a config module exports, before it is known to be settings. */
type Exports = Readonly<Record<string, unknown>>;

/** The settings object of a TypeScript, JavaScript or JSON file, read `fresh` if it may have been read before. Throws `ERR_CONFIG_FILE`. */
export async function loadConfigFile(file: string, fresh = false): Promise<Exports> {
  const isJson = extname(file) === ".json";
  if (fresh && !isJson) importFresh();
  const content = isJson ? readJson(file) : await readModule(file);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    const what = content === null ? "null" : Array.isArray(content) ? "an array" : `a value of type ${typeof content}`;
    throw problem(file, `a config file ${isJson ? "holds" : "exports"} an object of settings, and this is ${what}`);
  }
  return content as Exports;
}

/** What any module or JSON file exports, or what the function gives that it exports; not checked. Throws `ERR_CONFIG_FILE`. */
export async function loadDefaultExport(file: string): Promise<unknown> {
  try {
    return extname(file) === ".json" ? readJson(file) : await readModule(file);
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    throw code === "ENOENT" && path === file ? problem(file, "there is no such file") : error;
  }
}

// --- internal ---

function readJson(file: string): unknown {
  const text = readText(file).replace(/^\uFEFF/, "");
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const message = (error as Error).message;
    // The line is shown: Node's own excerpt of it, and its count of characters, say no more.
    const short = message.replace(
      /,? (?:\.\.\.)?"[^]*"(?:\.\.\.)? is not valid JSON$|(?: in JSON)? at position \d+.*$/s,
      "",
    );
    throw located(file, error, jsonLocation(file, text, message), `this is not JSON: ${short}`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw problem(file, code === "ENOENT" ? "there is no such file" : `it cannot be read: ${message}`, {
      cause: error,
    });
  }
}

/** Node 20 tells the position of most errors, but not of a token it did not expect: that ends the shortest beginning of the text with the same error. */
function jsonLocation(file: string, text: string, message: string): SourceLocation {
  const position = /at position (\d+)/.exec(message)?.[1];
  let offset = position === undefined ? text.length : Number(position);
  if (message.startsWith("Unexpected token")) {
    let good = 0;
    let bad = text.length;
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      if (jsonError(text.slice(0, middle)).startsWith("Unexpected token")) bad = middle;
      else good = middle;
    }
    offset = bad - 1;
  }
  const before = text.slice(0, offset).split("\n");
  return { file, line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

function jsonError(text: string): string {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

async function readModule(file: string): Promise<unknown> {
  try {
    const exports = await importModule(file);
    const content = "default" in exports ? exports["default"] : exports;
    refuseStrayExports(file, exports, content);
    return typeof content === "function" ? await (content as () => unknown)() : content;
  } catch (error) {
    if (error instanceof JunicornError) throw error;
    throw located(file, error, locateError(error), describe(error));
  }
}

/** Named exports beside a default one would be ignored silently. CommonJS names its properties twice; those are the same values. */
function refuseStrayExports(file: string, exports: Exports, content: unknown): void {
  if (content === exports) return;
  const own = typeof content === "object" && content !== null ? (content as Exports) : {};
  const stray = Object.keys(exports).filter(
    (name) => name !== "default" && name !== "module.exports" && name !== "__esModule" && exports[name] !== own[name],
  );
  if (stray.length > 0) {
    throw problem(
      file,
      `it exports ${stray.join(", ")} beside a default export, and only the default export is read: move it in there`,
    );
  }
}

async function importModule(file: string): Promise<Exports> {
  if (/\.[cm]?ts$/.test(file)) return importWithJiti(file);
  try {
    return (await import(pathToFileURL(file).href)) as Exports;
  } catch (error) {
    if (!(error instanceof SyntaxError) || locateError(error) !== null) throw error;
    // Node does not tell where a syntax error in an ES module is. Nothing of the module has run, so it can be read once more, by a parser that does.
    const again = await importWithJiti(file).then(
      (exports) => ({ exports, where: null }),
      (found: unknown) => ({ exports: null, where: locateError(found) }),
    );
    // Node before 20.19 takes a .js file for CommonJS unless its package says "module".
    if (again.exports !== null && /Unexpected token 'export'|import statement outside/.test(error.message))
      return again.exports;
    throw again.where === null ? error : located(file, error, again.where, describe(error));
  }
}

/** jiti costs 30 ms, and only those who use it pay. It neither caches on disk nor keeps modules for a later load. */
async function importWithJiti(file: string): Promise<Exports> {
  const { createJiti } = await import("jiti");
  const jiti = createJiti(pathToFileURL(file).href, { interopDefault: false, fsCache: false, moduleCache: false });
  return (await jiti.import(file)) as Exports;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${String(error)}`;
  // "ParseError: Unexpected token \n /a.ts:2:9" and "Cannot find module 'x'\nRequire stack: …": the rest is told by the location.
  const message = (error.message.split("\n")[0] ?? "").replace(/^ParseError: /, "").trim();
  const name = error.message.startsWith("ParseError: ") ? "SyntaxError" : error.name;
  return name === "Error" ? message : `${name}: ${message}`;
}

/** The error for users: file and line, the message, and the code. */
function located(file: string, cause: unknown, location: SourceLocation | null, text: string): JunicornError {
  if (location === null) return problem(file, text, { cause });
  const frame = codeFrame(location);
  return problem(`${location.file}:${location.line}`, frame === "" ? text : `${text}\n\n${frame}\n`, { cause });
}

function problem(file: string, text: string, options?: ErrorOptions): JunicornError {
  return new JunicornError("ERR_CONFIG_FILE", { file, problem: text }, options);
}
