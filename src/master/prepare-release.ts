/** The first half of a reload: settings are read again, and what they ask for is opened beside what there is. */

import { isDeepStrictEqual } from "node:util";

import { JunicornError } from "../base/errors.ts";
import { logOptions, type LogWriter } from "../base/log-writer.ts";
import type { SettingName, Settings } from "../config/settings/index.ts";
import { openCredentials } from "./credentials.ts";
import type { Release } from "./release.ts";
import type { Preparation } from "./reload.ts";
import { openListeners } from "./sockets.ts";

export interface PrepareParts {
  readonly log: LogWriter;
  /** Reads all sources of settings again. Rejects with what is wrong with them. */
  readonly reread: () => Promise<Settings>;
  /** Settings that a reload does not change. */
  readonly restartOnly: readonly SettingName[];
  /** Workers that this master can have. */
  readonly mostWorkers: number;
  /** Extensions hear of the new settings. */
  readonly announce: (settings: Settings) => Promise<void>;
}

/** Throws what is wrong; nothing has been changed then. */
export async function prepareRelease(current: Release, parts: PrepareParts): Promise<Preparation> {
  const { log, restartOnly, announce } = parts;
  const read = await withinTime(parts.reread());
  if (read.config === null && current.settings.config !== null) throw vanished(current.settings.config);
  const fixed = restartOnly.filter((name) => !isDeepStrictEqual(read[name], current.settings[name]));
  const kept = Object.fromEntries(fixed.map((name) => [name, current.settings[name]]));
  const settings: Settings = Object.freeze({ ...read, ...kept });
  const warnings = warningsFor(fixed, settings.workers, parts.mostWorkers);
  for (const warning of warnings) log.warning(warning);
  const undo: (() => void)[] = [];
  const discard = (): void => {
    for (const step of undo.splice(0).reverse()) step();
  };
  try {
    // Where the path leads by now: deployments move a link. Workers are told theirs, so nobody else minds where the master is.
    const directory = process.cwd();
    process.chdir(settings.chdir);
    undo.push(() => process.chdir(directory));
    const credentials = await openCredentials(settings, current.credentials ?? null);
    const newLog = log.prepare(logOptions(settings));
    undo.push(() => newLog.discard());
    const listeners = await openListeners(settings, log, current.listeners);
    undo.push(() => listeners.closeExcept(current.listeners));
    await announce(settings);
    const apply = (): void => {
      newLog.apply();
      current.listeners.closeExcept(listeners);
    };
    return { settings, listeners, credentials, warnings, apply, discard };
  } catch (error) {
    discard();
    throw error;
  }
}

// --- internal ---

function warningsFor(fixed: readonly SettingName[], workers: number, mostWorkers: number): string[] {
  const warnings: string[] = [];
  if (fixed.length > 0)
    warnings.push(
      `Only a restart or an upgrade (USR2) changes ${fixed.join(", ")}: the server goes on with what it has`,
    );
  if (workers > mostWorkers)
    warnings.push(`workers: this master has room for ${mostWorkers}, not for ${workers}; a restart makes room`);
  return warnings;
}

/** Deployments remove files for a moment; the defaults would move the server to another port. */
function vanished(file: string): JunicornError {
  const problem = "the config file in force is gone: put it back, or restart the server to do without one";
  return new JunicornError("ERR_CONFIG_FILE", { file, problem });
}

/** A config file may wait for something that never comes. */
const LONGEST_READ_MS = 60_000;

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const problem = `the settings could not be read within ${LONGEST_READ_MS / 1000} s: does the config file wait for something?`;
    timer = setTimeout(() => reject(new Error(problem)), LONGEST_READ_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
