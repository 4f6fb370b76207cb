/** Turns what went wrong while an application was loaded into a message for its author: the cause, the place, and none of our own stack. */

import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { JunicornError } from "../base/errors.ts";
import { codeFrame, type SourceLocation } from "../base/code-frame.ts";
import { findSyntaxError } from "./syntax-error.ts";

/** The same failure as an ERR_APP_LOAD with a complete message. `what` says what failed: `"app.js" failed while loading`. */
export async function explainFailure(error: unknown, what: string, file?: string): Promise<JunicornError> {
  if (error instanceof JunicornError) return error;
  const problem = explainSyntax(error, file) ?? explainMissing(error) ?? explainThrown(error);
  const text = `${what}: ${await problem}`;
  return new JunicornError("ERR_APP_LOAD", { problem: text }, { cause: error });
}

// --- internal ---

/** A syntax error, or a wrong import: the message and the place. */
function explainSyntax(error: unknown, file: string | undefined): Promise<string> | null {
  if (!(error instanceof Error)) return null;
  const parse = /^ParseError: (?<message>.*?)\s*\n\s*(?<file>\/.+):(?<line>\d+):(?<column>\d+)/s.exec(
    error.message,
  )?.groups; // jiti's
  if (parse !== undefined) {
    const place = { file: parse["file"]!, line: Number(parse["line"]), column: Number(parse["column"]) };
    return Promise.resolve(withFrame(`SyntaxError: ${parse["message"]}`, place));
  }
  if (error.name !== "SyntaxError") return null;
  const place = decoratedPlace(error.stack ?? "");
  if (place !== null) return Promise.resolve(withFrame(`SyntaxError: ${error.message}`, place));
  if (file === undefined || wasThrown(error)) return null;
  return locate(error, file);
}

/** By JSON.parse and the like, while code ran. Newer Nodes show who has imported a module that does not parse, so frames alone say nothing. */
function wasThrown(error: Error): boolean {
  const first = /^\s+at .*$/m.exec(error.stack ?? "")?.[0] ?? "";
  return userFrames(error).length > 0 && !first.includes("node:internal/modules/");
}

/** For ESM, Node keeps the place to itself: the modules are searched for it. */
async function locate(error: Error, file: string): Promise<string> {
  const place = await findSyntaxError(file);
  return place === null
    ? `SyntaxError: ${error.message}\n\nin ${file} or a module it imports`
    : withFrame(`SyntaxError: ${error.message}`, place);
}

/** Node puts `file:line`, the line and a row of carets before the stack of syntax errors in CommonJS and of failed imports. */
function decoratedPlace(stack: string): SourceLocation | null {
  const [first = "", , carets = ""] = stack.split("\n");
  const found = /^(?<file>(?:file:\/\/)?\/.+):(?<line>\d+)$/.exec(first)?.groups;
  if (found === undefined) return null;
  return {
    file: toPath(found["file"]!),
    line: Number(found["line"]),
    column: /^\s*\^/.test(carets) ? carets.indexOf("^") + 1 : 0,
  };
}

/** An import of something that is not there. */
function explainMissing(error: unknown): Promise<string> | null {
  const { code, message, requireStack } = (error ?? {}) as {
    code?: unknown;
    message?: unknown;
    requireStack?: string[];
  };
  if ((code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") || typeof message !== "string") return null;
  const found = /^Cannot find (?:package|module) '(?<name>.+?)'(?: imported from (?<from>.+))?/.exec(message)?.groups;
  if (found === undefined) return null;
  const name = found["name"]!;
  const from = toPath(found["from"] ?? requireStack?.[0] ?? "");
  const importer = from === "" ? "" : `${from} imports `;
  if (name.startsWith(".") || path.isAbsolute(name) || name.startsWith("file:")) {
    return Promise.resolve(`${importer}${toPath(name)}, which does not exist${importFrame(from, name)}`);
  }
  const packageName = name.split("/", name.startsWith("@") ? 2 : 1).join("/");
  const remedy = isListed(packageName, from)
    ? `It is in package.json: run "npm install"`
    : `Run "npm install ${packageName}"`;
  return Promise.resolve(
    `${importer}the package "${packageName}", which is not installed. ${remedy}${importFrame(from, name)}`,
  );
}

/** The line of `from` where `name` is imported. */
function importFrame(from: string, name: string): string {
  try {
    const tail = path.basename(name);
    const lines = readFileSync(from, "utf8").split("\n");
    const index = lines.findIndex((line) => /\b(?:import|require|from)\b/.test(line) && line.includes(tail));
    return index < 0 ? "" : withFrame("", { file: from, line: index + 1, column: lines[index]!.indexOf(tail) + 1 });
  } catch {
    return ""; // no such file: evaluated code, say
  }
}

function isListed(packageName: string, from: string): boolean {
  for (let folder = path.dirname(from); ; folder = path.dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as Record<
        string,
        Record<string, string> | undefined
      >;
      return (
        packageName in
        { ...manifest["dependencies"], ...manifest["devDependencies"], ...manifest["optionalDependencies"] }
      );
    } catch {
      if (folder === path.dirname(folder)) return false;
    }
  }
}

/** An error of the application's own: its message, its part of the stack, and the code around the top of it. */
function explainThrown(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return Promise.resolve(`it threw ${inspect(error, { depth: 2 })}, which is no Error`);
  const frames = userFrames(error);
  const own = frames.find((frame) => !frame.place.file.includes(`${path.sep}node_modules${path.sep}`));
  let text = [headline(error), ...frames.map((frame) => frame.text)].join("\n");
  if (error.cause !== undefined)
    text += `\nCaused by: ${error.cause instanceof Error ? headline(error.cause) : inspect(error.cause, { depth: 1 })}`;
  return Promise.resolve(own === undefined ? text : withFrame(text, own.place));
}

function headline(error: Error): string {
  const stack = error.stack ?? "";
  const end = stack.search(/\n\s+at /);
  return end > 0 && stack.includes(error.message) ? stack.slice(0, end) : `${error.name}: ${error.message}`;
}

interface Frame {
  readonly text: string;
  readonly place: SourceLocation;
}

function userFrames(error: Error): Frame[] {
  const frames: Frame[] = [];
  for (const text of (error.stack ?? "").split("\n")) {
    const found = /^\s+at (?:.* \(|async )?(?<file>(?:file:\/\/)?\/.+?):(?<line>\d+):(?<column>\d+)\)?$/.exec(
      text,
    )?.groups;
    if (found === undefined) continue;
    const file = toPath(found["file"]!);
    if (file.startsWith(OWN_ROOT) || /[\\/]node_modules[\\/]jiti[\\/]/.test(file)) continue;
    frames.push({ text, place: { file, line: Number(found["line"]), column: Number(found["column"]) } });
  }
  return frames;
}

/** Where our own modules are: src/ or dist/. */
const OWN_ROOT = fileURLToPath(new URL("../", import.meta.url));

function withFrame(text: string, place: SourceLocation): string {
  const { file, line, column } = place;
  const frame = codeFrame(place);
  return `${text}\n\n${file}:${line}${column > 0 ? `:${column}` : ""}${frame === "" ? "" : `\n${frame}`}`;
}

function toPath(fileOrUrl: string): string {
  return fileOrUrl.startsWith("file:") ? fileURLToPath(fileOrUrl) : fileOrUrl;
}
