/** The page of HTML that `--report` asks for. */

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";

import { JunicornError } from "../../base/errors.ts";
import { report } from "../../measure/report/html.ts";
import type { Results } from "../../measure/results.ts";
import { mustBeWritable } from "../../measure/writable.ts";

/** Where it is to be written; null: nowhere. Throws ERR_USAGE before anything is measured if it cannot be. */
export function reportFile(option: string | undefined, cwd: string): string | null {
  if (option === undefined) return null;
  const file = resolve(cwd, option);
  writing(file, () => mustBeWritable(file));
  return file;
}

/** Throws ERR_USAGE if it cannot be written. */
export function writeReport(file: string, results: Results, progress: (text: string) => void): void {
  writing(file, () => writeFileSync(file, report(results)));
  progress(`the report is in ${file}`);
}

// --- internal ---

function writing(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const problem = `--report: ${file} cannot be written: ${(error as Error).message}`;
    throw new JunicornError("ERR_USAGE", { problem });
  }
}
