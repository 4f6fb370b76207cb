/** What signals mean to a worker. Most come from the master, but a terminal or `kill` may send any. */

import { BY_SIGNAL, type Departure } from "./leaving/departure.ts";

/** `reopenLogs`: for USR1, which would open a debugger's port if nobody listened to it. */
export function heedSignals(departure: Departure, reopenLogs: () => void): void {
  process.on("SIGTERM", () => departure.ask("graceful", BY_SIGNAL));
  process.on("SIGINT", () => departure.ask("quick"));
  process.on("SIGQUIT", () => departure.ask("quick"));
  process.on("SIGABRT", () => departure.ask("abort"));
  process.on("SIGUSR1", reopenLogs);
  // Those that only the master takes. A terminal sends them to its whole group.
  for (const signal of ["SIGHUP", "SIGUSR2", "SIGWINCH"] as const) process.on(signal, () => {});
}
