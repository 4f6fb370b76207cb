/** The page of HTML that `--report` asks for. */

import { writeFileSync } from "node:fs";

import { JunicornError } from "../../base/errors.ts";
import { report } from "../../measure/report/html.ts";
import type { Results } from "../../measure/results.ts";

/** Throws ERR_USAGE if it cannot be written. */
export function writeReport(file: string, results: Results, progress: (text: string) => void): void {
  try {
    writeFileSync(file, report(results));
    progress(`the report is in ${file}`);
  } catch (error) {
    throw new JunicornError("ERR_USAGE", {
      problem: `--report: ${file} cannot be written: ${(error as Error).message}`,
    });
  }
}
