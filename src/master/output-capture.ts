/** `--capture-output`: what the master prints, and with it its workers, who inherit it. */

import { capturedOutput, type CapturedOutput } from "../ipc/captured-output.ts";
import type { Extension, MasterContext } from "./extension.ts";

export function outputCapture(master: MasterContext): Extension {
  return new OutputCapture(master);
}

// --- internal ---

class OutputCapture implements Extension {
  readonly name = "capture-output";
  readonly #master: MasterContext;
  #output: CapturedOutput | null = null;

  constructor(master: MasterContext) {
    this.#master = master;
  }

  starting(): void {
    this.#capture();
  }

  reloaded(): void {
    this.#capture();
  }

  logsReopened(): void {
    this.#output?.redirect();
  }

  #capture(): void {
    const { settings, log } = this.#master;
    this.#output = capturedOutput(settings);
    if (settings.captureOutput && this.#output === null)
      log.warning("capture_output has no effect: error_logfile is -, which is standard error itself");
    this.#output?.redirect();
  }
}
