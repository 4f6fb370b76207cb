/** Where settings come from, least to most: defaults, variables of the environment, a config file, JUNICORN_CMD_ARGS, the command line. */

import { JunicornError } from "../base/errors.ts";
import type { Typed } from "./argv/parse.ts";
import { type AnySetting, type SettingName, SETTINGS } from "./settings/index.ts";
import { nearest } from "../base/nearest.ts";
import { type Environment, ProcessVariables } from "./environment.ts";

export type SourceKind = "default" | "variable" | "file" | "JUNICORN_CMD_ARGS" | "command line";

/** Where a value came from. */
export interface Origin {
  readonly kind: SourceKind;
  /** For people: "--workers", "WEB_CONCURRENCY", "/srv/junicorn.config.js", "JUNICORN_CMD_ARGS: --workers", "default". */
  readonly label: string;
}

/** A setting as one source gives it, not yet read. */
export interface Given {
  readonly name: SettingName;
  readonly origin: Origin;
  /** As shown in messages. */
  readonly shown: string;
  /** Reads and checks it; what is thrown says what is allowed. */
  read(): unknown;
}

/** The environment of this process: the only place that reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** The same, to be changed: for the command line, once. */
export function processVariables(): ProcessVariables {
  return new ProcessVariables(process.env);
}

/** What the variables of single settings give. An empty variable is not set. */
export function fromVariables(env: Environment): Given[] {
  return [...SETTINGS].flatMap(([name, { type, variable }]) => {
    const text = variable === undefined ? undefined : env[variable.name];
    if (variable === undefined || text === undefined || text.trim() === "") return [];
    const typed = variable.toText?.(text) ?? text;
    const origin: Origin = { kind: "variable", label: variable.name };
    return [{ name, origin, shown: JSON.stringify(text), read: () => type.fromText([typed]) }];
  });
}

/** What was typed, on the command line or in JUNICORN_CMD_ARGS. */
export function fromArguments(typed: readonly Typed[], kind: "JUNICORN_CMD_ARGS" | "command line"): Given[] {
  return typed.map(({ name, texts, flag }) => {
    const row = rowOf(name);
    const label = flag === "" ? (row.positional ?? name) : flag;
    const origin: Origin = { kind, label: kind === "command line" ? label : `${kind}: ${label}` };
    return {
      name,
      origin,
      shown: texts.map((text) => JSON.stringify(text)).join(", "),
      read: () => (row.bare === undefined ? row.type.fromText(texts) : orBare(row, flag, texts)),
    };
  });
}

/** What a config file gives. Throws `ERR_SETTING_UNKNOWN` for a name that is no setting, and for one said twice. `undefined` says nothing. */
export function fromFile(file: string, content: Readonly<Record<string, unknown>>): Given[] {
  const origin: Origin = { kind: "file", label: file };
  const names = new Map<SettingName, string>();
  return Object.entries(content).flatMap(([written, value]) => {
    const name = settingOf(file, written);
    const twin = names.get(name);
    if (twin !== undefined) {
      throw new JunicornError("ERR_CONFIG_FILE", {
        file,
        problem: `${twin} and ${written} are the same setting; keep one of them`,
      });
    }
    names.set(name, written);
    return value === undefined
      ? []
      : [{ name, origin, shown: show(value), read: () => rowOf(name).type.fromValue(value) }];
  });
}

/** The names a setting goes by in config files: ours, ours in snake_case, Gunicorn's. */
export function fileNames(name: SettingName): string[] {
  const snake = name.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
  return [...new Set([name, snake, rowOf(name).gunicorn ?? name])];
}

// --- internal ---

function settingOf(file: string, written: string): SettingName {
  const settable = [...SETTINGS].filter(([, row]) => row.cliOnly !== true).map(([name]) => name);
  const found = settable.find((name) => fileNames(name).includes(written));
  if (found !== undefined) return found;
  const onlyTyped = [...SETTINGS.keys()].find((name) => fileNames(name).includes(written));
  const near = nearest(written, settable.flatMap(fileNames));
  const hint = near === undefined ? "; docs/settings.md lists them" : `; did you mean ${near}?`;
  throw new JunicornError("ERR_SETTING_UNKNOWN", {
    source: file,
    name: written,
    hint: onlyTyped === undefined ? hint : " for config files: it is an option of the command line only",
  });
}

/** Of an option whose value may be left out, what follows counts as its value: often that is the application. */
function orBare(row: AnySetting, flag: string, texts: readonly string[]): unknown {
  try {
    return row.type.fromText(texts);
  } catch (error) {
    const hint = `without a value write it after the application, or ${flag}=${row.bare}`;
    throw new Error(`${(error as Error).message}; ${hint}`, { cause: error });
  }
}

function rowOf(name: SettingName) {
  const row = SETTINGS.get(name);
  if (row === undefined) throw new TypeError(`no setting ${name}`);
  return row;
}

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "symbol") return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return `a value of type ${typeof value}`;
  }
}
