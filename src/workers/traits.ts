/** What the master tells a worker to be: its title, its file mask, its user, and how long it outlives the master. */

import type { Settings } from "../config/settings/index.ts";
import { leaveWithParent } from "../ipc/parent.ts";
import type { WorkerIdentity } from "../ipc/protocol.ts";
import { become } from "./identity.ts";

export interface Traits {
  readonly settings: Settings;
  readonly title: string;
  readonly identity: WorkerIdentity | null;
}

/** At once: what needs no privileges. */
export function takeTraits({ settings, title }: Traits): void {
  process.title = title;
  if (settings.umask !== 0) process.umask(settings.umask);
  leaveWithMaster(settings);
}

/** Before anything of the application is loaded. Throws `ERR_WORKER_BOOT`. */
export function takeIdentity({ settings, identity }: Traits): void {
  if (identity === null) return;
  become(identity);
  // The kernel forgets it when a process changes its user.
  leaveWithMaster(settings);
}

// --- internal ---

function leaveWithMaster({ gracefulTimeout }: Settings): void {
  leaveWithParent(gracefulTimeout * 1000 + LEAVE_MARGIN_MS);
}

/** Beyond `gracefulTimeout`, for cutting connections and for the last lines of the logs. */
const LEAVE_MARGIN_MS = 2000;
