/** `junicorn ctl`: asks and commands a running server over its control socket. */

import type { Command } from "commander";

import { ExitStatus } from "../../base/errors.ts";
import { createCommand, positive, runCommand } from "../command.ts";
import { targetOptions } from "../control/options.ts";
import { ACTIONS, type Action } from "./actions.ts";
import { CtlSession } from "./session.ts";

/** Resolves with 0 when the server has done what was asked; what it has not is thrown. */
export async function ctl(argv: readonly string[]): Promise<number> {
  const root = targetOptions(
    createCommand("junicorn ctl", "Asks and commands a running server over its control socket."),
  )
    .option("--json", "Print the server's answer as JSON")
    .usage("[OPTIONS] COMMAND")
    .addHelpText("after", MORE);
  for (const action of ACTIONS) declare(root, action);
  await runCommand(root, argv);
  return ExitStatus.OK;
}

// --- internal ---

const MORE = `
Without -s and --pid the only server of this user is meant. The exit status is 0
if the server did it, else 1 with the reason on standard error. All about it, and
the same with curl: docs/control.md`;

function declare(root: Command, { words, summary, argument, options = [], run }: Action): void {
  const command = words.reduce(
    (parent, word, at) => childOf(parent, word, at === words.length - 1 ? summary : GROUPS[word]!),
    root,
  );
  if (argument !== undefined) {
    const declared = command.createArgument(argument.syntax, argument.summary);
    if (argument.choices !== undefined) declared.choices(argument.choices);
    if (argument.positive === true) declared.argParser((text) => String(positive(text)));
    command.addArgument(declared);
  }
  for (const option of options) command.option(option.flags, option.summary);
  command.action(async (first: unknown) => {
    const typed = command.optsWithGlobals<{ socket?: string; pid?: string; json?: boolean; wait?: boolean }>();
    await run(new CtlSession(typed), typeof first === "string" ? first : undefined, typed);
  });
}

/** What several commands that begin alike are about. */
const GROUPS: Readonly<Record<string, string>> = { worker: "Change the workers: add, remove, kill" };

/** The subcommand of that name; made if it is not there yet. */
function childOf(parent: Command, word: string, summary: string): Command {
  const known = parent.commands.find((child) => child.name() === word);
  if (known !== undefined) return known;
  const child = createCommand(word, summary).copyInheritedSettings(parent);
  parent.addCommand(child);
  return child;
}
