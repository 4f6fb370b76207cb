/** Reads arguments: the process's own, and those in JUNICORN_CMD_ARGS. */

import type { CommanderError } from "commander";

import { JunicornError } from "../../base/errors.ts";
import { type SettingName, SETTINGS } from "../settings/index.ts";
import { nearest } from "../../base/nearest.ts";
import { createProgram, flagsOf, oppositesOf } from "./program.ts";

/** What was typed for one setting; a repeatable option's texts are collected. */
export interface Typed {
  readonly name: SettingName;
  readonly texts: readonly string[];
  /** The option as written, or "" for the argument that stands alone. */
  readonly flag: string;
}

/** What arguments ask for: help, the version, or to run with some settings. */
export type Arguments =
  | { readonly request: "help" }
  | { readonly request: "version" }
  | { readonly request: "run"; readonly typed: readonly Typed[] };

/**
 * Reads arguments (without the program's name). Throws `ERR_USAGE` for an unknown option, a missing value or a second application;
 * `source` is put before the message where it is not "".
 */
export function parseArguments(argv: readonly string[], source = ""): Arguments {
  // Most often nothing is in the variable: a parser costs a millisecond.
  if (argv.length === 0) return { request: "run", typed: [] };
  const typed = new Map<SettingName, Typed>();
  const program = createProgram((name, text, flag) => {
    typed.set(name, { name, flag, texts: [...(typed.get(name)?.texts ?? []), text] });
  });
  program.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!isCommanderError(error)) throw error;
    if (error.code === "commander.helpDisplayed") return { request: "help" };
    if (error.code === "commander.version") return { request: "version" };
    throw usage(source, explain(error));
  }
  const [app, extra] = program.args;
  if (extra !== undefined) {
    throw usage(
      source,
      `unexpected argument ${JSON.stringify(extra)}: one application is served, and it is ${JSON.stringify(app)}`,
    );
  }
  if (app !== undefined) typed.set("app", { name: "app", texts: [app], flag: "" });
  return { request: "run", typed: [...typed.values()] };
}

// --- internal ---

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith("commander.");
}

function explain(error: CommanderError): string {
  const subject = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  if (error.code === "commander.unknownOption") {
    const option = subject.replace(/=.*$/s, "");
    const near = option.startsWith("--") ? nearest(option, [...longOptions(), ...withoutOption()]) : undefined;
    if (near === option) return `the option ${option} takes no value`;
    if (near !== undefined && withoutOption().includes(near)) {
      const variable = SETTINGS.get(near as SettingName)?.variable;
      const places = `the config file${variable === undefined ? "" : ` or ${variable.name}`}`;
      return `there is no option ${option}: ${near} is set in ${places}`;
    }
    return `there is no option ${option}; ${near === undefined ? "junicorn --help lists them" : `did you mean ${near}?`}`;
  }
  // "-w, --workers <INT>": the option as declared.
  if (error.code === "commander.optionMissingArgument") return `the option ${subject} needs a value`;
  return error.message.replace(/^error: /, "");
}

function longOptions(): string[] {
  const settings = [...SETTINGS.values()].flatMap((row) => [
    ...flagsOf(row).filter((flag) => flag.startsWith("--")),
    ...oppositesOf(row),
  ]);
  return [...settings, "--help", "--version"];
}

/** Settings that only a config file can have. */
function withoutOption(): string[] {
  return [...SETTINGS].flatMap(([name, row]) => (row.flags === undefined && name !== "app" ? [name] : []));
}

function usage(source: string, problem: string): JunicornError {
  return new JunicornError("ERR_USAGE", { problem: `${source === "" ? "" : `${source}: `}${problem}` });
}
