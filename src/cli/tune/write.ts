/** Puts a recommendation into the config file: atomically, and only if the file then says what it said before and the recommendation. */

import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { type Change, editConfig } from "../../config/file/edit.ts";
import { loadConfigFile } from "../../config/file/load.ts";
import { type SettingName, type Settings, SETTINGS } from "../../config/settings/index.ts";
import { fileNames, fromFile } from "../../config/sources.ts";
import type { Candidate } from "../../tune/candidate.ts";

export type Written = { readonly file: string } | { readonly problem: string };

/** The lines that say it in a config file. */
export function linesOf(candidate: Candidate): string[] {
  return Object.entries(valuesOf(candidate, {})).map(([name, value]) => `  ${name}: ${JSON.stringify(value)},`);
}

/** Into the config file that is in force, or a new `junicorn.config.ts` in the working directory. */
export async function writeRecommendation(candidate: Candidate, settings: Settings): Promise<Written> {
  const { config } = settings;
  if (config === null) return create(join(settings.chdir, "junicorn.config.ts"), candidate);
  try {
    return await edit(realpathSync(config), candidate);
  } catch (error) {
    return { problem: `${config}: ${(error as Error).message}` };
  }
}

// --- internal ---

type Values = Readonly<Partial<Record<SettingName, string | number>>>;

/** Threads only where they are of use, or where others stand there already: they make `gthread` of the `sync` class. */
function valuesOf({ workerClass, workers, threads, workerConnections }: Candidate, existing: Values): Values {
  return {
    workerClass,
    workers,
    ...(workerClass === "gthread" || existing.threads !== undefined ? { threads } : {}),
    ...(workerConnections === null ? {} : { workerConnections }),
  };
}

function create(file: string, candidate: Candidate): Written {
  const text = `import type { UserConfig } from "junicorn";

export default {
${linesOf(candidate).join("\n")}
} satisfies UserConfig;
`;
  try {
    // Not over a file that has come into being meanwhile.
    writeNew(file, text, 0o644);
    return { file };
  } catch (error) {
    return { problem: `${file}: ${(error as Error).message}` };
  }
}

async function edit(file: string, candidate: Candidate): Promise<Written> {
  const text = readFileSync(file, "utf8");
  const before = await withDraft(file, text, (draft) => read(draft));
  const values = valuesOf(candidate, before as Values);
  const changes = Object.entries(values).map(([name, value]): Change => ({
    names: fileNames(name as SettingName),
    value,
  }));
  const edited = editConfig(text, changes, extname(file) === ".json");
  if ("problem" in edited) return { problem: `${file}: ${edited.problem}` };
  return await withDraft(file, edited.text, async (draft) => {
    const expected = comparable({ ...before, ...values });
    if (!isDeepStrictEqual(comparable(await read(draft)), expected))
      return { problem: `${file}: with these values in their places it would not say what it says now` };
    if (readFileSync(file, "utf8") !== text) return { problem: `${file} was changed by somebody else meanwhile` };
    renameSync(draft, file);
    return { file };
  });
}

/** In the same folder and of the same kind as `file`: what it imports is found, and to rename it is one step. Nobody has read it before. */
async function withDraft<Result>(file: string, text: string, use: (draft: string) => Promise<Result>): Promise<Result> {
  const draft = join(dirname(file), `.${basename(file, extname(file))}.${randomUUID()}${extname(file)}`);
  try {
    writeNew(draft, text, statSync(file).mode & 0o777);
    return await use(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}

async function read(file: string): Promise<Record<string, unknown>> {
  return settingsOf(file, await loadConfigFile(file));
}

function settingsOf(file: string, content: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(fromFile(file, content).map(({ name, read }) => [name, read()]));
}

/** Functions are new each time that a file is read: their text is what counts. */
function comparable(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    [...SETTINGS.keys()].flatMap((name) => {
      const value = settings[name];
      return value === undefined ? [] : [[name, typeof value === "function" ? String(value) : value]];
    }),
  );
}

/** On the disk when it returns. */
function writeNew(file: string, text: string, mode: number): void {
  const descriptor = openSync(file, "wx", mode);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  chmodSync(file, mode);
}
