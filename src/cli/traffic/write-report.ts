/** The page of HTML that `--report` asks for. */

import { closeSync, existsSync, openSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

import { JunicornError } from "../../base/errors.ts";
import { report } from "../../measure/report/html.ts";
import type { Results } from "../../measure/results.ts";

/** Where it is to be written; null: nowhere. Throws ERR_USAGE before anything is measured if it cannot be. */
export function reportFile(option: string | undefined, cwd: string): string | null {
  if (option === undefined) return null;
  const file = resolve(cwd, option);
  const isNew = !existsSync(file);
  writing(file, () => {
    closeSync(openSync(file, "a"));
    if (isNew) rmSync(file);
  });
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
