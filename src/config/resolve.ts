/** Resolves all settings once: reads every source, lets the strongest win, checks values, freezes. */

import { resolve } from "node:path";

import { JunicornError } from "../base/errors.ts";
import { parseArguments } from "./argv/parse.ts";
import { shellSplit } from "./argv/shell-split.ts";
import { defaultConfigFile, isDirectory, namedConfigFile } from "./file/find.ts";
import { loadConfigFile } from "./file/load.ts";
import { type SettingName, type Settings, SETTINGS } from "./settings/index.ts";
import type { Environment } from "./environment.ts";
import { fromArguments, fromFile, fromVariables, type Given, type Origin } from "./sources.ts";

export interface ResolveInput {
  /** Arguments, without the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** Where `junicorn` was started; absolute. */
  readonly cwd: string;
  /** Called with the working directory before the config file is read, and again with the one it may have set. */
  readonly enter?: (directory: string) => void;
  /** An application need not be named: for who only looks at the settings. */
  readonly withoutApp?: boolean;
  /** What was typed before the arguments; "junicorn" unless given. */
  readonly command?: string;
  /** Read the config file and what it imports anew, whatever was read before. */
  readonly fresh?: boolean;
}

/** Every setting and where it came from, or that help or the version was asked for. */
export type Resolved =
  | { readonly request: "help" }
  | { readonly request: "version" }
  | { readonly request: "run"; readonly settings: Settings; readonly origins: ReadonlyMap<SettingName, Origin> };

/** Throws a JunicornError whose message is for the user and whose row has the exit status. */
export async function resolveSettings(input: ResolveInput): Promise<Resolved> {
  const commandLine = parseArguments(input.argv);
  if (commandLine.request !== "run") return commandLine;
  const inVariable = parseArguments(shellSplit(input.env[CMD_ARGS] ?? "", CMD_ARGS), CMD_ARGS);
  if (inVariable.request !== "run") return inVariable;
  const typed = read([
    ...fromArguments(inVariable.typed, CMD_ARGS),
    ...fromArguments(commandLine.typed, "command line"),
  ]);

  const start = directoryOf(typed, input.cwd);
  input.enter?.(start);
  const named = typed.get("config")?.value as string | null | undefined;
  const file = typeof named === "string" ? namedConfigFile(named, input.cwd) : defaultConfigFile(start);
  const inFile = read(file === null ? [] : fromFile(file, await loadConfigFile(file, input.fresh)));
  const chdir = typed.has("chdir") ? start : directoryOf(inFile, start);
  input.enter?.(chdir);

  // Platforms set PORT and the like for everybody: one that is overruled anyway is not our business, so it is not even checked.
  const variables = read(fromVariables(input.env).filter(({ name }) => !typed.has(name) && !inFile.has(name)));
  const values: Values = new Map([...defaults(), ...variables, ...inFile, ...typed]);
  values.set("config", { value: file, origin: typed.get("config")?.origin ?? (file === null ? NOT_FOUND : FOUND) });
  values.set("chdir", { value: chdir, origin: values.get("chdir")?.origin ?? DEFAULT });
  if (values.get("app")?.value === "" && input.withoutApp !== true) throw noApp(file, input.command ?? "junicorn");
  // As in Gunicorn: threads are what somebody asked for, and the sync class has none.
  if (values.get("workerClass")?.value === "sync" && Number(values.get("threads")?.value) > 1)
    values.set("workerClass", { value: "gthread", origin: { kind: "default", label: "threads is over 1" } });
  const settings = Object.fromEntries(
    [...values].map(([name, { value }]) => [name, freeze(value)]),
  ) as unknown as Settings;
  return {
    request: "run",
    settings: Object.freeze(settings),
    origins: new Map([...values].map(([name, { origin }]) => [name, origin])),
  };
}

// --- internal ---

const CMD_ARGS = "JUNICORN_CMD_ARGS";
const DEFAULT: Origin = { kind: "default", label: "default" };
const FOUND: Origin = { kind: "default", label: "found in the working directory" };
const NOT_FOUND: Origin = { kind: "default", label: "there is none in the working directory" };

type Values = Map<SettingName, { readonly value: unknown; readonly origin: Origin }>;

function defaults(): Values {
  return new Map([...SETTINGS].map(([name, row]) => [name, { value: row.default, origin: DEFAULT }]));
}

/** Reads what was given, least to most: of several for one setting the last counts, but each is checked. */
function read(given: readonly Given[]): Values {
  return new Map(
    given.map((one) => {
      try {
        return [one.name, { value: one.read(), origin: one.origin }];
      } catch (error) {
        throw invalid(one, (error as Error).message);
      }
    }),
  );
}

function invalid({ name, origin, shown }: Pick<Given, "name" | "origin" | "shown">, allowed: string): JunicornError {
  const wasTyped = origin.kind === "command line" || origin.kind === "JUNICORN_CMD_ARGS";
  const code = wasTyped ? "ERR_OPTION_VALUE" : "ERR_SETTING_VALUE";
  return new JunicornError(code, { source: origin.label, name, value: shown, allowed });
}

/** The directory `chdir` names, or `base` where it is not given. */
function directoryOf(values: Values, base: string): string {
  const chdir = values.get("chdir");
  if (chdir === undefined) return base;
  const directory = resolve(base, String(chdir.value));
  if (isDirectory(directory)) return directory;
  throw invalid(
    { name: "chdir", origin: chdir.origin, shown: JSON.stringify(chdir.value) },
    `there is no directory ${directory}`,
  );
}

function noApp(file: string | null, command: string): JunicornError {
  const also = file === null ? "" : ` (${file} does not name it either)`;
  return new JunicornError("ERR_NO_APP", {
    problem: `which application? Name its module, as in: ${command} server.js${also}; ${command} --help tells more`,
  });
}

function freeze(value: unknown): unknown {
  return Array.isArray(value) ? Object.freeze(value) : value;
}
