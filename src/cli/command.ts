/** commander, as the subcommands use it: mistakes become errors of ours, which name what was meant. */

import { createRequire } from "node:module";
import type { Command, CommanderError } from "commander";

import { JunicornError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";

// Required, not imported: see config/argv/program.ts.
const commander = createRequire(import.meta.url)("commander") as typeof import("commander");

/** A command whose help fits a terminal. `name` is all that is typed: "junicorn status". */
export function createCommand(name: string, description: string): Command {
  return new commander.Command(name)
    .description(description)
    .helpOption("-h, --help", "Show this help and exit")
    .helpCommand(false)
    .configureHelp({ helpWidth: 80 })
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void process.stdout.write(text), writeErr: () => {} });
}

/** An argument or option that is a whole number from 1. */
export function positive(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
    throw new commander.InvalidArgumentError("expected an integer of at least 1.");
  return Number(text);
}

/** Runs the action of what was typed, or shows help. Throws `ERR_USAGE`. */
export async function runCommand(command: Command, argv: readonly string[]): Promise<void> {
  try {
    await command.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!isCommanderError(error)) throw error;
    if (error.exitCode !== 0) throw new JunicornError("ERR_USAGE", { problem: explain(error, command, argv) });
  }
}

// --- internal ---

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith("commander.");
}

function explain(error: CommanderError, command: Command, argv: readonly string[]): string {
  const subject = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const at = deepest(command, argv);
  const help = `${fullName(at)} --help tells more`;
  switch (error.code) {
    case "commander.excessArguments": {
      const most = at.registeredArguments.length;
      return `${fullName(at)} takes ${most === 0 ? "no argument" : `${most} argument(s)`}; ${help}`;
    }
    case "commander.optionMissingArgument":
      return `the option ${subject} needs a value`;
    case "commander.missingArgument":
      return `${fullName(at)} needs <${subject}>; ${help}`;
    case "commander.unknownCommand": {
      const near = nearest(
        subject,
        at.commands.map((child) => child.name()),
      );
      return `${fullName(at)} has no command ${JSON.stringify(subject)}; ${near === undefined ? help : `did you mean ${near}?`}`;
    }
    case "commander.unknownOption": {
      const near = nearest(
        subject,
        withParents(at).flatMap(({ options }) => options.map((option) => option.long ?? "")),
      );
      return `${fullName(at)} has no option ${subject}; ${near === undefined ? help : `did you mean ${near}?`}`;
    }
    case "commander.invalidArgument": {
      const [, value = "", name = "", problem = ""] =
        /'(.*)' is invalid for argument '(\w+)'\. (.*?)\.?$/s.exec(error.message) ?? [];
      return `${name}: ${JSON.stringify(value)} is not valid: ${problem.replace("Allowed choices are", "expected one of")}`;
    }
    case "commander.help":
      return `${fullName(at)} needs a command: ${at.commands.map((child) => child.name()).join(", ")}`;
    default:
      return error.message.replace(/^error: /, "").replace(/\.?\s*$/, "");
  }
}

/** The subcommand that the words lead to. */
function deepest(command: Command, argv: readonly string[]): Command {
  const child = command.commands.find((candidate) => argv.includes(candidate.name()));
  return child === undefined ? command : deepest(child, argv.slice(argv.indexOf(child.name()) + 1));
}

function withParents(command: Command): Command[] {
  return command.parent === null ? [command] : [command, ...withParents(command.parent)];
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
