/** What a worker's process is set to before anything of the application runs in it. */

import { hideFewArenas } from "../base/arenas.ts";
import type { Settings } from "../config/settings/index.ts";
import { leaveWithParent } from "../ipc/parent.ts";

export function setUpProcess(title: string, settings: Settings): void {
  hideFewArenas();
  process.title = title;
  if (settings.umask !== 0) process.umask(settings.umask);
  endWithMaster(settings);
}

/** The kernel forgets it when a process changes its user. */
export function endWithMaster({ gracefulTimeout }: Settings): void {
  leaveWithParent(gracefulTimeout * 1000 + LEAVE_MARGIN_MS);
}

// --- internal ---

/** Beyond `gracefulTimeout`, for cutting connections and for the last lines of the logs. */
const LEAVE_MARGIN_MS = 2000;
