/** The options of `junicorn tune`. */

import type { Command } from "commander";

import type { TunedClass } from "../../tune/candidate.ts";
import { createCommand } from "../command.ts";
import { classes, invalid, positiveNumber, type TrafficChoice, trafficOptions } from "../traffic/options.ts";
import { ABOUT_SERVER } from "../traffic/session.ts";

export interface TuneOptions extends Partial<TrafficChoice> {
  readonly time?: number;
  readonly maxMemory?: number;
  readonly p99?: number;
  readonly classes?: readonly TunedClass[];
  readonly write?: boolean;
  readonly json?: boolean;
  readonly report?: string;
}

export function tuneCommand(): Command {
  return trafficOptions(createCommand("junicorn tune", DESCRIPTION), { several: false })
    .usage("[OPTIONS] MODULE[:EXPORT]")
    .allowUnknownOption()
    .allowExcessArguments()
    .option("--time <SECONDS>", "How long to search [75]", positiveNumber("--time"))
    .option("--max-memory <SIZE>", "Most memory of all processes together, such as 512MB", size)
    .option("--p99 <TIME>", "Time that 99 of 100 requests may take, such as 50ms", time)
    .option("--classes <LIST>", "Worker classes to try [sync,gthread,async]", classes)
    .option("--write", "Put the recommendation into the config file")
    .option("--json", "Print the result as JSON")
    .option("--report <FILE>", "Write a page of HTML with charts")
    .addHelpText("after", `\n${ABOUT_SERVER}\n\n${STATUS}`);
}

// --- internal ---

const DESCRIPTION = `Finds the worker class and the numbers of workers and threads that suit an
application, its traffic and this machine, by measuring.`;

const STATUS = `The exit status is 0, 1 if there is nothing to recommend (or it could not be
written), 3 or 4 if the application cannot be loaded, 130 after Ctrl-C, which still
shows what is known. All about it: docs/tune.md`;

function size(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?(?:([kmg])i?b?)$/i.exec(text) ?? [];
  const bytes = Number(number ?? 0) * ({ k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[unit.toLowerCase()] ?? 0);
  if (bytes > 0) return bytes;
  throw invalid("--max-memory", text, "expected a number and KB, MB or GB, such as 512MB");
}

/** In ms. */
function time(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?(ms|s)$/i.exec(text) ?? [];
  const ms = Number(number ?? 0) * (unit.toLowerCase() === "s" ? 1000 : 1);
  if (ms > 0) return ms;
  throw invalid("--p99", text, "expected a number and ms or s, such as 50ms");
}
