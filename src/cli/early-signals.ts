/** The kernel keeps from process 1 every signal that it has no handler for: without these, a container that is still starting could not be stopped. */

import { constants } from "node:os";

/** Until `starting` says false: later the master has handlers of its own. */
export function heedEarlySignals(starting: () => boolean): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP"] as const) {
    process.on(signal, () => {
      // As the shell reports one that was ended by a signal.
      if (starting()) process.exit(128 + constants.signals[signal]);
    });
  }
}
