/** What `junicorn` does: a subcommand; or resolve the settings, then serve, check, or just tell something. */

import { inspect } from "node:util";

import { ExitStatus, rowOf } from "../base/errors.ts";
import { type Resolved, resolveSettings } from "../config/resolve.ts";
import type { Settings } from "../config/settings/index.ts";
import { processEnvironment } from "../config/sources.ts";
import { SUBCOMMANDS } from "./subcommands.ts";

/** Runs the command to its end. Resolves with the exit status; a user's mistakes have been told on standard error by then. */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    const subcommand = SUBCOMMANDS.get(argv[0] ?? "");
    if (subcommand !== undefined) return await (await subcommand.load())(argv.slice(1));
    return await perform(
      await resolveSettings({
        argv,
        env: processEnvironment(),
        cwd: process.cwd(),
        enter: (directory) => process.chdir(directory),
      }),
    );
  } catch (error) {
    const row = rowOf(error);
    if (row === undefined) throw error;
    console.error(`junicorn: ${(error as Error).message}`);
    return row.exit ?? ExitStatus.FAILURE;
  }
}

// --- internal ---

/** Each branch imports what it needs: who serves does not wait for the help text to load. */
async function perform(resolved: Resolved): Promise<number> {
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
  if (settings.printConfig) {
    const { describeSettings } = await import("./print-config.ts");
    console.log(describeSettings(settings, origins));
  }
  if (settings.printConfig || settings.checkConfig) {
    const { checkConfig } = await import("./check-config.ts");
    return await checkConfig(settings);
  }
  return await serve(settings);
}

async function serve(settings: Settings): Promise<number> {
  const [{ openLog }, { Master }] = await Promise.all([import("../base/log-writer.ts"), import("../master/master.ts")]);
  const log = openLog({ file: settings.errorLogfile, level: settings.logLevel });
  try {
    return await new Master(settings, log).run();
  } catch (error) {
    log.critical(`The master failed: ${inspect(error)}`);
    return ExitStatus.FAILURE;
  } finally {
    await log.close();
  }
}
