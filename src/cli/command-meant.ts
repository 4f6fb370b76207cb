/** The command that somebody may have meant whose word for it would be served as an application, and is none. */

import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, parse } from "node:path";

import { nearest } from "../base/nearest.ts";
import { SUBCOMMANDS } from "./subcommands.ts";

/** As one types it after `junicorn`; undefined where the word is nothing like one, or names something here. */
export function commandMeant(word: string, directory: string): string | undefined {
  if (!/^[a-z]+$/i.test(word)) return undefined;
  const near = nearest(word, [...SUBCOMMANDS.keys(), ...OPTIONS]);
  if (near === undefined || isHere(word, directory)) return undefined;
  return OPTIONS.includes(near) ? `--${near}` : near;
}

// --- internal ---

/** Commands with other programs. */
const OPTIONS: readonly string[] = ["help", "version"];

/** A file with or without its extension, a directory, or an installed package. */
function isHere(word: string, directory: string): boolean {
  try {
    if (readdirSync(directory).some((name) => name === word || parse(name).name === word)) return true;
  } catch {
    return true; // a directory may be entered, and not read
  }
  const folders = createRequire(join(directory, "noop.js")).resolve.paths(word) ?? [];
  return folders.some((folder) => existsSync(join(folder, word)));
}
