/** The text of `--help`, made of the table. */

import type { Help, Option } from "commander";

import { createProgram, mainFlag, oppositesOf } from "../config/argv/program.ts";
import { type AnySetting, SETTINGS } from "../config/settings/index.ts";
import { SUBCOMMANDS } from "./subcommands.ts";

/** Everything the command understands, by section, within 80 columns. */
export function usage(): string {
  const program = createProgram(() => {});
  const rows = new Map([...SETTINGS.values()].map((row) => [mainFlag(row), row]));
  program.configureHelp({
    helpWidth: COLUMNS,
    padWidth: () => TERM_COLUMNS,
    formatItem: formatItem,
    visibleArguments: () => [],
    optionTerm: (option) => termOf(option, rows.get(option.long ?? "")),
    optionDescription: (option) => descriptionOf(option, rows.get(option.long ?? "")),
  });
  return `${program
    .helpInformation()
    .replace(/^Usage: (.*)\n/, `Usage: $1\n\n${INTRODUCTION}\n`)
    .trimEnd()}\n\n${commands()}\n\n${CLOSING}`;
}

// --- internal ---

const COLUMNS = 80;
const TERM_COLUMNS = 30;

const INTRODUCTION = `Serves a Node application with a master process and its workers.
MODULE is a file or a package; EXPORT is what it exports: a fetch handler, a
function of (req, res), an http.Server. Without it the module's app is found.`;

const CLOSING = `Settings may also stand in junicorn.config.ts (.js, .json …) and, as options, in
the variable JUNICORN_CMD_ARGS; what is typed here wins.
All about each of them: docs/settings.md`;

/** The subcommands, which have a help of their own. */
function commands(): string {
  const lines = [...SUBCOMMANDS].map(
    ([name, { summary }]) => `  ${`junicorn ${name}`.padEnd(TERM_COLUMNS)}  ${summary}`,
  );
  return ["Commands:", ...lines, "  (a module that is called like one of them is served as ./NAME)"].join("\n");
}

/** A long option stands on a line of its own, so that it does not squeeze all descriptions. */
function formatItem(this: Help, term: string, width: number, description: string, helper: Help): string {
  const text = helper.boxWrap(description, COLUMNS - width - 4).split("\n");
  const indent = `\n${" ".repeat(width + 4)}`;
  if (term.length > width) return `  ${term}${indent}${text.join(indent)}`;
  return `  ${term.padEnd(width)}  ${text.join(indent)}`;
}

function termOf(option: Option, row: AnySetting | undefined): string {
  if (row === undefined || oppositesOf(row).length === 0 || row.cliOnly === true) return option.flags;
  return option.flags.replace("--", "--[no-]");
}

function descriptionOf(option: Option, row: AnySetting | undefined): string {
  const plain = row === undefined || row.cliOnly === true || mainFlag(row).startsWith("--no-");
  const fallback = plain ? "" : showDefault(row);
  return fallback === "" ? option.description : `${option.description} [${fallback}]`;
}

/** "30", "$WEB_CONCURRENCY or 1", "on"; "" where there is none worth a word. */
function showDefault(row: AnySetting): string {
  const value = row.default;
  // The access log's format is longer than all that could be said about it here.
  if (value === null || (typeof value === "string" && (value.length > COLUMNS / 2 || value === "."))) return "";
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const words = { true: "on", false: "off" } as Record<string, string>;
  const text = values.map((one) => words[String(one)] ?? String(one)).join(", ");
  return row.variable === undefined ? text : `$${row.variable.name} or ${text}`;
}
