/** The tie between a worker and its master, for the case that the master dies without a word. */

import { constants } from "node:os";

import { native } from "../native.ts";

/** Has the kernel send TERM to this process when its parent ends. The IPC channel tells it too, but only to a loop that turns. */
export function leaveWithParent(): void {
  native().setParentDeathSignal(constants.signals.SIGTERM);
}
