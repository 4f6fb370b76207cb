/** What `junicorn bench` and `junicorn tune` share: their options and the server's, the application, and that nothing is left behind. */

import type { Command } from "commander";

import { ExitStatus, JunicornError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import { createProgram } from "../../config/argv/program.ts";
import { resolveSettings } from "../../config/resolve.ts";
import type { SettingName, Settings } from "../../config/settings/index.ts";
import { type Origin, processEnvironment, processVariables } from "../../config/sources.ts";
import { checkApp } from "../../master/check-app.ts";
import { OWN_VARIABLES } from "../../master/invocation.ts";
import { Fleet } from "../../measure/server/fleet.ts";
import { makeSubject } from "./subject.ts";
import type { Bench } from "./trial.ts";

export interface Session extends Bench {
  readonly settings: Settings;
  readonly origins: ReadonlyMap<SettingName, Origin>;
}

/** What both print as help beside their options. */
export const ABOUT_SERVER = `OPTIONS are those of the server as well; its config file and variables count, too.
Ports, logs, pid file, control socket, metrics and TLS of the settings are left
out: servers listen on a free port of 127.0.0.1.`;

/** Runs `use` while signals end it: it is then interrupted by its session's signal. Resolves with the exit status. */
export async function withSession(
  rest: readonly string[],
  command: Command,
  use: (session: Session) => Promise<number>,
): Promise<number> {
  refuseUnknown(rest, command);
  const env = { ...processEnvironment() };
  const resolved = await resolveSettings({
    argv: rest,
    env,
    cwd: process.cwd(),
    enter: (directory) => process.chdir(directory),
    command: command.name(),
  });
  if (resolved.request !== "run") throw usage(`${command.name()} --help tells about it`);
  const { settings, origins } = resolved;
  const variables = processVariables();
  variables.remove(OWN_VARIABLES);
  variables.export(settings.rawEnv);
  const { exit, problem } = await checkApp(settings, { output: "stderr" });
  if (exit !== ExitStatus.OK) {
    console.error(`junicorn: ${problem ?? `the application cannot be loaded (status ${exit})`}`);
    return exit;
  }
  if (settings.certfile !== null)
    console.error(
      `junicorn: TLS is left out (certfile is ${settings.certfile}): the application is asked over plain HTTP, so no figure counts what TLS costs`,
    );
  const fleet = new Fleet();
  const stop = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => {
    // The second time, or where nobody is left to be told anything.
    if (stop.signal.aborted || signal === "SIGHUP") process.exit(INTERRUPTED);
    stop.abort(new JunicornError("ERR_LOAD", { problem: "interrupted" }));
    fleet.killAll();
  };
  const cleanUp = (): void => fleet.killAll();
  process.once("exit", cleanUp);
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    const subject = makeSubject({ argv: rest, env, settings, fleet });
    return await use({ fleet, subject, signal: stop.signal, bootSeconds: settings.bootTimeout, settings, origins });
  } catch (error) {
    if (stop.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    process.off("exit", cleanUp);
    cleanUp();
  }
}

/** As the shell reports one that Ctrl-C has ended. */
export const INTERRUPTED = 130;

// --- internal ---

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** An option that neither knows: what was meant may be of either. */
function refuseUnknown(rest: readonly string[], command: Command): void {
  const server = createProgram(() => {});
  const known = [...command.options, ...server.options].flatMap(({ long, short }) => [long, short]);
  for (const word of rest) {
    const name = word.replace(/=.*$/s, "");
    if (!/^--[a-z]/.test(name) || known.includes(name)) continue;
    const near = nearest(name, known.filter((one) => one?.startsWith("--") === true) as string[]);
    const hint = near === undefined ? `${command.name()} --help tells more` : `did you mean ${near}?`;
    throw usage(`${command.name()} has no option ${name}; ${hint}`);
  }
}

function usage(problem: string): JunicornError {
  return new JunicornError("ERR_USAGE", { problem });
}
