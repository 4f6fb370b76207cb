/** The command line, made of the table: one commander option for each setting that has flags. */

import { createRequire } from "node:module";
import type { Command, Option } from "commander";

import { type AnySetting, SECTIONS, type SettingName } from "../settings/index.ts";

// Required, not imported: to import CommonJS, Node starts a lexer in WebAssembly, which costs the start 4 ms and the master 3 MiB.
const commander = createRequire(import.meta.url)("commander") as typeof import("commander");

/** Told of each option as it is read: the setting, what was typed as its value, and the option's own name. */
export type OnOption = (name: SettingName, text: string, flag: string) => void;

/** Builds the parser. Help and version are only recognised; who shows them is the caller's choice. */
export function createProgram(onOption: OnOption): Command {
  const program = new commander.Command("junicorn")
    .usage("[OPTIONS] MODULE[:EXPORT]")
    .argument("[module...]")
    .helpOption("-h, --help", "Show this help and exit")
    .version("", "-v, --version", "Show the version and exit");
  for (const { title, settings } of SECTIONS) {
    for (const [name, row] of Object.entries(settings) as [SettingName, AnySetting][]) {
      for (const option of optionsOf(row)) {
        const { text } = option;
        program.addOption(option.option.helpGroup(`${title}:`));
        program.on(`option:${option.option.name()}`, (typed: string | null) =>
          onOption(name, text ?? typed ?? row.bare ?? "", option.option.long ?? ""),
        );
      }
    }
  }
  return program;
}

/** Short and long options of a row: ["-w", "--workers"]. */
export function flagsOf(row: AnySetting): string[] {
  return row.flags?.split(/,\s*/) ?? [];
}

/** The long option a row is known by: "--workers". "" for a row without options. */
export function mainFlag(row: AnySetting): string {
  return flagsOf(row).find((flag) => flag.startsWith("--")) ?? "";
}

/** True for an option that takes no value and has a `--no-` form. */
export function isSwitch(row: AnySetting): boolean {
  return row.type.placeholder === "";
}

/** The `--no-` forms of a switch; none for one that is itself a `--no-`, and for an option that takes a value. */
export function oppositesOf(row: AnySetting): string[] {
  if (!isSwitch(row)) return [];
  const positive = flagsOf(row).filter((flag) => flag.startsWith("--") && !flag.startsWith("--no-"));
  return positive.map((flag) => `--no-${flag.slice(2)}`);
}

// --- internal ---

interface OptionPart {
  readonly option: Option;
  /** What the option says by being there; undefined where it takes a value. */
  readonly text: string | undefined;
}

function valueOf(row: AnySetting): string {
  if (isSwitch(row)) return "";
  return row.bare === undefined ? ` <${row.type.placeholder}>` : ` [${row.type.placeholder}]`;
}

/** The option itself, one more for each further long name, and the `--no-` form of a switch. Only the first is shown. */
function optionsOf(row: AnySetting): OptionPart[] {
  if (row.flags === undefined) return [];
  const value = valueOf(row);
  const text = isSwitch(row) ? "true" : undefined;
  const main = mainFlag(row);
  const others = flagsOf(row).filter((flag) => flag.startsWith("--") && flag !== main);
  const short = flagsOf(row).find((flag) => !flag.startsWith("--"));
  const parts: OptionPart[] = [
    { option: new commander.Option(`${short === undefined ? "" : `${short}, `}${main}${value}`, row.summary), text },
  ];
  for (const flag of others) parts.push({ option: new commander.Option(`${flag}${value}`).hideHelp(), text });
  for (const flag of oppositesOf(row)) parts.push({ option: new commander.Option(flag).hideHelp(), text: "false" });
  return parts;
}
