/** What `junicorn` does: a subcommand; or resolve the settings, then serve, check, or just tell something. */

import { ExitStatus, JunicornError, rowOf } from "../base/errors.ts";
import { type Resolved, resolveSettings } from "../config/resolve.ts";
import { type Settings, SETTINGS } from "../config/settings/index.ts";
import type { ProcessVariables } from "../config/environment.ts";
import { processEnvironment, processVariables } from "../config/sources.ts";
import type { MasterHost } from "../master/host.ts";
import { OWN_VARIABLES, type Invocation } from "../master/invocation.ts";
import { commandMeant } from "./command-meant.ts";
import { readInvocation } from "./invocation.ts";
import { SUBCOMMANDS } from "./subcommands.ts";

/** Runs the command to its end. Resolves with the exit status; a user's mistakes have been told on standard error by then. */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    const subcommand = SUBCOMMANDS.get(argv[0] ?? "");
    if (subcommand !== undefined) return await (await subcommand.load())(argv.slice(1));
    const variables = processVariables();
    const invocation = readInvocation(variables);
    const resolved = await resolveSettings({
      argv,
      env: processEnvironment(),
      cwd: process.cwd(),
      enter: (directory) => process.chdir(directory),
    });
    const reread = (current: Settings): Promise<Settings> => rereadFor({ argv, invocation, variables }, current);
    const restartOnly = [...SETTINGS].filter(([, row]) => row.restart === true).map(([name]) => name);
    const secret = [...SETTINGS].filter(([, row]) => row.secret === true).map(([name]) => name);
    return await perform(resolved, { invocation, variables, reread, restartOnly, secret });
  } catch (error) {
    const row = rowOf(error);
    if (row === undefined) throw error;
    console.error(`junicorn: ${(error as Error).message}`);
    return row.exit ?? ExitStatus.FAILURE;
  }
}

// --- internal ---

interface Host extends MasterHost {
  readonly variables: ProcessVariables;
}

interface Start {
  readonly argv: readonly string[];
  readonly invocation: Invocation;
  readonly variables: ProcessVariables;
}

/** The settings for a reload. Where the server was started by way of a link, it is followed anew. */
async function rereadFor({ argv, invocation, variables }: Start, { rawEnv }: Settings): Promise<Settings> {
  const { rereadSettings } = await import("../config/reread.ts");
  const start = { argv, env: invocation.environment, cwd: invocation.directory };
  return await rereadSettings(start, {
    directory: () => process.cwd(),
    enter: (directory) => process.chdir(directory),
    withStartEnvironment: async (work) => {
      variables.export([]);
      return await work().finally(() => variables.export(rawEnv));
    },
  });
}

/** Each branch imports what it needs: who serves does not wait for the help text to load. */
async function perform(resolved: Resolved, host: Host): Promise<number> {
  if (resolved.request === "help") {
    const { usage } = await import("./usage.ts");
    console.log(usage());
    return ExitStatus.OK;
  }
  if (resolved.request === "version") {
    const { version } = await import("../master/version.ts");
    console.log(`junicorn ${version()}`);
    return ExitStatus.OK;
  }
  const { settings, origins } = resolved;
  const meant = commandMeant(settings.app, process.cwd());
  if (meant !== undefined) {
    const problem = `there is no application ${JSON.stringify(settings.app)}; did you mean junicorn ${meant}?`;
    throw new JunicornError("ERR_USAGE", { problem });
  }
  // Read by now; the application is not meant.
  const secret = host.secret.flatMap((name) => SETTINGS.get(name)?.variable?.name ?? []);
  host.variables.remove([...OWN_VARIABLES, ...secret]);
  host.variables.export(settings.rawEnv);
  if (settings.printConfig) {
    const { describeSettings } = await import("./print-config.ts");
    console.log(describeSettings(settings, origins));
  }
  if (settings.printConfig || settings.checkConfig) {
    const { checkConfig } = await import("./check-config.ts");
    return await checkConfig(settings);
  }
  const { serve } = await import("./serve.ts");
  return await serve(settings, host);
}
