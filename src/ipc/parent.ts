/** The tie between a worker and its master, for the case that the master dies without a word. */

import { constants } from "node:os";

import { native } from "../native.ts";

/**
 * Has the kernel send TERM to this process when its parent ends, and KILL after `patienceMs`. The IPC channel tells it too, but to an
 * event loop that turns, and so does TERM: a process that hangs would stay for ever, and keep the port.
 */
export function leaveWithParent(patienceMs: number): void {
  native().setParentDeathSignal(constants.signals.SIGTERM);
  native().endAfterParent(Math.min(patienceMs, MOST_MS));
}

// --- internal ---

/** Of an Int32. */
const MOST_MS = 2 ** 31 - 1;
