/** Resolving settings in tests: a directory of its own for each, and nothing from this process's environment. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type JunicornError, rowOf } from "../../../src/base/errors.ts";
import { resolveSettings } from "../../../src/config/resolve.ts";
import type { SettingName, Settings } from "../../../src/config/settings/index.ts";
import type { Environment } from "../../../src/config/environment.ts";
import type { Origin } from "../../../src/config/sources.ts";

/** A directory with these files in it; it is removed when the test ends. */
export function directory(files: Readonly<Record<string, string>> = {}): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "junicorn-config-")));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

export interface Case {
  argv?: readonly string[];
  env?: Environment;
  cwd?: string;
  entered?: string[];
}

export interface Outcome {
  readonly settings: Settings;
  readonly origins: ReadonlyMap<SettingName, Origin>;
}

/** Resolves with an application named, unless `argv` is given whole. */
export async function resolved({ argv = ["app.js"], env = {}, cwd, entered }: Case): Promise<Outcome> {
  const enter = entered === undefined ? {} : { enter: (path: string) => void entered.push(path) };
  const result = await resolveSettings({ argv, env, cwd: cwd ?? directory(), ...enter });
  if (result.request !== "run") throw new Error(`asked for ${result.request}`);
  return result;
}

/** The refusal: its message and the exit status it leads to. */
export async function refusal(given: Case): Promise<{ message: string; exit: number | undefined }> {
  try {
    await resolved(given);
  } catch (error) {
    const row = rowOf(error);
    if (row === undefined) throw error;
    return { message: (error as JunicornError).message, exit: row.exit };
  }
  throw new Error("the settings were accepted");
}
