/** What signals mean to a worker. Most come from the master, but a terminal or `kill` may send any. */

import { BY_SIGNAL, type Departure } from "./leaving/departure.ts";

/** `reopenLogs`: for USR1, which would open a debugger's port if nobody listened to it. */
export function heedSignals(departure: Departure, reopenLogs: () => void): void {
  process.on("SIGTERM", () => departure.ask("graceful", BY_SIGNAL));
  process.on("SIGINT", () => departure.ask("quick"));
  process.on("SIGQUIT", () => departure.ask("quick"));
  process.on("SIGABRT", () => departure.ask("abort"));
  process.on("SIGUSR1", reopenLogs);
  // Those that only the master takes. A terminal, or `kill` with a group, sends them to all; TTIN and TTOU would stop the process.
  for (const signal of MASTERS) process.on(signal, () => {});
}

// --- internal ---

const MASTERS = ["SIGHUP", "SIGUSR2", "SIGWINCH", "SIGTTIN", "SIGTTOU"] as const;
