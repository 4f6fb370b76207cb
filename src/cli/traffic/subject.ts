/** The application under measurement as a command: the user's settings, without what must not happen twice on one machine. */

import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { parseArguments, type Typed } from "../../config/argv/parse.ts";
import { isSwitch } from "../../config/argv/program.ts";
import { shellSplit } from "../../config/argv/shell-split.ts";
import type { Environment } from "../../config/environment.ts";
import { type SettingName, type Settings, SETTINGS } from "../../config/settings/index.ts";
import { fileNames } from "../../config/sources.ts";
import type { Fleet } from "../../measure/server/fleet.ts";
import { type Candidate, optionsOf } from "../../tune/candidate.ts";

export interface Subject {
  /** A server of the candidate's kind on that port of 127.0.0.1. */
  command(candidate: Candidate, port: number): string[];
  /** Beside this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface SubjectInput {
  /** Options of the server as typed, and the application. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly settings: Settings;
  /** For what has to be written. */
  readonly fleet: Pick<Fleet, "makeFolder">;
}

export function makeSubject({ argv, env, settings, fleet }: SubjectInput): Subject {
  const typed = typedOf(argv);
  const before = typedOf(shellSplit(env[CMD_ARGS] ?? "", CMD_ARGS));
  const own = [...before.filter(({ name }) => !typed.some((other) => other.name === name)), ...typed];
  const kept = own.filter(({ name }) => !isLeftOut(name)).flatMap(wordsOf);
  const config = settings.config === null ? null : quietConfig(settings.config, fleet);
  return {
    command: (candidate, port) => [
      process.execPath,
      ...process.execArgv,
      MAIN,
      ...kept,
      ...(config === null ? [] : ["--config", config]),
      ...["--chdir", settings.chdir, "--bind", `127.0.0.1:${port}`],
      ...ASIDE,
      ...optionsOf(candidate),
      settings.app,
    ],
    // Its options stand among the others by now.
    env: { [CMD_ARGS]: "" },
  };
}

// --- internal ---

const CMD_ARGS = "JUNICORN_CMD_ARGS";
const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));

/** What belongs to the server in production, to the candidate, or to one run only. */
const LEFT_OUT: readonly SettingName[] = [
  "app",
  "bind",
  "config",
  "chdir",
  "workers",
  "workerClass",
  "threads",
  "checkConfig",
  "printConfig",
  "daemon",
  "pidfile",
  "controlSocket",
  "controlSocketMode",
  "controlSocketDisable",
  "reload",
  "reusePort",
  "preloadApp",
  "accessLogfile",
  "errorLogfile",
  "captureOutput",
  "logSyslog",
  "logLevel",
  "disableRedirectAccessToSyslog",
  "metricsBind",
  "statsdHost",
  "enableBacklogMetric",
  "gracefulTimeout",
  "drainDelay",
  "proxyProtocol",
];

/** The load speaks plain HTTP. */
const TLS: readonly SettingName[] = [
  "certfile",
  "keyfile",
  "keyPassphrase",
  "keyPassphraseFile",
  "caCerts",
  "certReqs",
  "ciphers",
  "sslVersion",
  "sniCert",
  "httpProtocols",
];

function isLeftOut(name: SettingName): boolean {
  return LEFT_OUT.includes(name) || TLS.includes(name);
}

const ASIDE = [
  ...["--no-control-socket", "--log-level", "warning", "--error-logfile", "-"],
  ...["--graceful-timeout", "2", "--drain-delay", "0"],
];

function typedOf(argv: readonly string[]): readonly Typed[] {
  const parsed = parseArguments(argv);
  return parsed.request === "run" ? parsed.typed : [];
}

function wordsOf({ name, texts, flag }: Typed): string[] {
  const row = SETTINGS.get(name);
  return row !== undefined && isSwitch(row) ? [flag] : texts.map((text) => `${flag}=${text}`);
}

/** A config file that says what the user's does, hooks and all, but for what is left out. */
function quietConfig(file: string, fleet: SubjectInput["fleet"]): string {
  const folder = fleet.makeFolder("measure");
  const names = [...SETTINGS.keys()].filter(isLeftOut).flatMap(fileNames);
  const isJson = extname(file) === ".json";
  // Workers load the hooks of a module, whoever they run as; JSON has none, and may hold secrets.
  if (!isJson) chmodSync(folder, 0o755);
  const copy = join(folder, isJson ? "config.json" : "config.ts");
  writeFileSync(copy, isJson ? jsonWithout(file, names) : moduleWithout(file, names));
  return copy;
}

function jsonWithout(file: string, names: readonly string[]): string {
  const given = JSON.parse(readFileSync(file, "utf8").replace(/^\uFEFF/, "")) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name))));
}

function moduleWithout(file: string, names: readonly string[]): string {
  return `import * as given from ${JSON.stringify(pathToFileURL(file).href)};
const names = ${JSON.stringify(names)};
export default async () => {
  const content = "default" in given ? given.default : given;
  const settings = typeof content === "function" ? await content() : content;
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));
};
`;
}
