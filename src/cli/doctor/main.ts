/** `junicorn doctor`: what is wrong with this machine, or these settings, before a server finds out. */

import { JunicornError, ExitStatus } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import { resolveSettings } from "../../config/resolve.ts";
import { processEnvironment, processVariables } from "../../config/sources.ts";
import { type Balancer, BALANCERS, findBalancer } from "../../doctor/balancers.ts";
import { examine } from "../../doctor/examine.ts";
import { thisMachine } from "../../doctor/machine.ts";
import { OWN_VARIABLES } from "../../master/invocation.ts";
import { sizeOf, styleFor } from "../../base/terminal/style.ts";
import { findingsView } from "./view.ts";

/** Resolves with 1 if something fails, else with 0. Wrong settings are thrown, as the server itself would tell them. */
export async function doctor(argv: readonly string[]): Promise<number> {
  const { json, behind, rest } = ownOptions(argv);
  const resolved = await resolveSettings({
    argv: rest,
    env: processEnvironment(),
    cwd: process.cwd(),
    enter: (directory) => process.chdir(directory),
    withoutApp: true,
  });
  if (resolved.request === "help") {
    console.log(HELP);
    return ExitStatus.OK;
  }
  if (resolved.request === "version") {
    const { version } = await import("../../master/version.ts");
    console.log(`junicorn ${version()}`);
    return ExitStatus.OK;
  }
  const { settings } = resolved;
  const variables = processVariables();
  variables.remove(OWN_VARIABLES);
  variables.export(settings.rawEnv);
  const findings = await examine({ settings, machine: thisMachine(processEnvironment()), behind });
  const failed = findings.some(({ level }) => level === "fail");
  if (json) console.log(JSON.stringify({ healthy: !failed, findings }, null, 2));
  else {
    const style = styleFor(process.stdout, processEnvironment());
    console.log(findingsView(findings, { width: Math.min(sizeOf(process.stdout).width, WIDEST), style }).join("\n"));
  }
  return failed ? ExitStatus.FAILURE : ExitStatus.OK;
}

// --- internal ---

/** Longer lines are hard to read. */
const WIDEST = 100;

const HELP = `Usage: junicorn doctor [--behind PROXY] [--json] [OPTIONS] [MODULE[:EXPORT]]

Checks this machine and the settings, and says what to do about what it finds.
OPTIONS are those of the server; its config file and variables count, too. With
an application it is loaded as a worker would load it. Nothing is bound, nothing
is served, no file is written.

  --behind PROXY  What is in front of the server: a number of seconds for which it
                  keeps idle connections, or one of
                  ${namesOfBalancers().join("\n                  ")}
  --json          Print the findings as JSON
  -h, --help      Show this help and exit

Run it as the server is run: as its user, in its container, from its unit.
The exit status is 1 if something fails, else 0. All about it: docs/doctor.md`;

function namesOfBalancers(): string[] {
  const names = [...BALANCERS.keys()];
  const half = Math.ceil(names.length / 2);
  return [`${names.slice(0, half).join(", ")},`, names.slice(half).join(", ")];
}

/** What is the doctor's, and what the server's. */
function ownOptions(argv: readonly string[]): { json: boolean; behind: Balancer | null; rest: string[] } {
  let json = false;
  let behind: Balancer | null = null;
  const rest: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--json") json = true;
    else if (word === "--behind") behind = balancer(argv[++at]);
    else if (word.startsWith("--behind=")) behind = balancer(word.slice("--behind=".length));
    else rest.push(word);
  }
  return { json, behind, rest };
}

function balancer(text: string | undefined): Balancer {
  if (text === undefined) throw new JunicornError("ERR_USAGE", { problem: "the option --behind needs a value" });
  const found = findBalancer(text);
  if (found !== null) return found;
  const near = nearest(text, [...BALANCERS.keys()]);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new JunicornError("ERR_OPTION_VALUE", {
    source: "--behind",
    value: JSON.stringify(text),
    allowed: `expected a number of seconds, or one of ${[...BALANCERS.keys()].join(", ")}${hint}`,
  });
}
