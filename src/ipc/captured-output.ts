/** Standard output and standard error of a process in the file of its error log. The descriptors are replaced, so whoever writes to them is heard. */

import { closeSync } from "node:fs";
import { resolve } from "node:path";

import { openLogFile } from "../base/open-log-file.ts";
import { native } from "../native.ts";

export class CapturedOutput {
  readonly #file: string;

  constructor(file: string) {
    // Resolved now: a later change of the working directory must not move the log.
    this.#file = resolve(file);
  }

  /** Opens the file, and has both descriptors be that. Children inherit them. Throws what opening throws, and nothing has changed then. */
  redirect(): void {
    const fd = openLogFile(this.#file);
    for (const standard of STANDARD) native().duplicate(fd, standard);
    closeSync(fd);
  }
}

/** Null where the settings ask for none. */
export function capturedOutput(settings: {
  readonly captureOutput: boolean;
  readonly errorLogfile: string;
}): CapturedOutput | null {
  return settings.captureOutput && settings.errorLogfile !== "-" ? new CapturedOutput(settings.errorLogfile) : null;
}

// --- internal ---

const STANDARD = [1, 2];
