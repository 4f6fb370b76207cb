/** Reads all settings once more, for a reload: the config file as it is now, the command line and the environment as they were at the start. */

import { JunicornError } from "../base/errors.ts";
import { type ResolveInput, resolveSettings } from "./resolve.ts";
import type { Settings } from "./settings/index.ts";

/** The state of the process that a config file can see, and that reading it may change. */
export interface Surroundings {
  directory(): string;
  enter(directory: string): void;
  /** Has the environment be what it was at the start while `work` runs, without what the settings export. */
  withStartEnvironment<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * The settings anew. Whether or not that succeeds, working directory and environment are as before when this resolves: to make the new settings
 * hold is up to the caller. Throws a JunicornError with file and line.
 */
export async function rereadSettings(
  start: Pick<ResolveInput, "argv" | "env" | "cwd">,
  surroundings: Surroundings,
): Promise<Settings> {
  const before = surroundings.directory();
  try {
    const enter = (directory: string): void => surroundings.enter(directory);
    const resolved = await surroundings.withStartEnvironment(() => resolveSettings({ ...start, enter, fresh: true }));
    // The arguments that asked for nothing else at the start cannot do so now, but JUNICORN_CMD_ARGS is not asked twice either.
    if (resolved.request !== "run") throw new JunicornError("ERR_USAGE", { problem: `asked for ${resolved.request}` });
    return resolved.settings;
  } finally {
    surroundings.enter(before);
  }
}
