/** The end of a worker: drains, cuts what is left, has the application say goodbye, and logs what became of everything. */

import { setTimeout as sleep } from "node:timers/promises";

import { leaveThread } from "../../base/app-context.ts";
import { describeDrain } from "./drain-report.ts";
import { Drain, type DrainParts } from "./drain.ts";

export interface LeaveParts extends DrainParts {
  /** Somebody is in a hurry. Nothing has been cut yet. */
  readonly hurried: () => Promise<void>;
  /** The master has given the worker up. Nothing has been cut yet. */
  readonly aborted: () => Promise<void>;
}

export async function leave(parts: LeaveParts): Promise<void> {
  const { departure, serving, log } = parts;
  const drain = new Drain(parts);
  await drain.finish();
  if (departure.wish === "quick") await parts.hurried();
  if (departure.wish === "abort") await parts.aborted();
  const { level, text } = describeDrain(drain.cut());
  if (!departure.hasty) await Promise.race([Promise.all([serving.close?.(), leaveThread()]), sleep(EXIT_HANDLERS_MS)]);
  log.log(level, `Worker exiting (pid: ${process.pid}) ${text}`);
}

// --- internal ---

/** How long the application's exit handlers may take. */
const EXIT_HANDLERS_MS = 5000;
