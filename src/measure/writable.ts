/** Whether a file can be written, found out before there is something to write. */

import { closeSync, existsSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";

/** Throws what the file system says if it cannot be. Leaves the file as it is, or is not. */
export function mustBeWritable(file: string): void {
  const isNew = !existsSync(file);
  closeSync(openSync(file, "a"));
  if (isNew) rmSync(file);
}

/** The same, with the folders that are missing. */
export function makeWritable(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  mustBeWritable(file);
}
