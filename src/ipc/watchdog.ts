/** Asking a worker's native watchdog thread for the JavaScript stack of a blocked main thread. */

import { native } from "../native.ts";
import type { ScoreboardSlot } from "./scoreboard.ts";

/** The bell that wakes a worker's watchdog; the master makes one per worker, the worker inherits it. */
export class WatchdogBell {
  readonly fd: number;

  constructor() {
    this.fd = native().createEvent();
  }

  ring(): void {
    native().notifyEvent(this.fd);
  }

  close(): void {
    native().close(this.fd);
  }
}

/** Worker: lets the master have this thread's stack. Returns "" or why this Node gives none. */
export function startWatchdog(bellFd: number, slot: ScoreboardSlot): string {
  return native().startWatchdog(bellFd, slot.stackArea);
}
