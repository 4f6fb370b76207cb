/** The end of a server: workers are told to leave, waited for, and killed in the end. */

import type { Log } from "../base/log.ts";
import type { Bell } from "./bell.ts";
import type { Listeners } from "../net/listeners.ts";
import type { StopMode } from "./commands.ts";
import { LEAVE_MARGIN_MS } from "./timeouts.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface ShutdownParts {
  readonly pool: WorkerPool;
  readonly bell: Bell;
  readonly log: Log;
  readonly now: () => number;
  readonly listeners: Listeners;
  /** Milliseconds that workers go on accepting, and then those they are given to finish. */
  readonly drainDelayMs: number;
  readonly gracefulMs: number;
  /** Whether somebody asked for a quick stop since the last call. */
  readonly hurried: () => boolean;
  /** Both once a turn. */
  readonly murder: () => void;
  readonly turned: () => Promise<void>;
}

/** Workers leave, in order or quickly; whoever is late is killed. A second INT or QUIT shortens the patience. */
export async function shutDown(mode: StopMode, parts: ShutdownParts): Promise<void> {
  const { pool, bell, log, now, listeners } = parts;
  const start = now();
  let deadline = start + parts.gracefulMs + LEAVE_MARGIN_MS;
  if (mode === "quick") {
    listeners.close();
    pool.expelAll("SIGQUIT");
  } else {
    deadline += parts.drainDelayMs;
    if (parts.drainDelayMs === 0) listeners.close();
    // Whoever else has the sockets serves what waits there.
    pool.drainAll({ cause: "stop", queue: listeners.shared ? "leave" : "serve" });
  }
  while (pool.workers.length > 0 && now() < deadline) {
    const closes = start + parts.drainDelayMs;
    if (now() >= closes) listeners.close();
    const next = now() < closes ? closes : deadline;
    await bell.wait(Math.min(TICK_MS, next - now()));
    if (parts.hurried()) {
      if (deadline > now() + QUICK_MS) log.info("Quick shutdown requested");
      pool.expelAll("SIGQUIT");
      deadline = Math.min(deadline, now() + QUICK_MS);
    }
    pool.reap();
    parts.murder();
    await parts.turned();
  }
  await killTheRest(parts);
}

/** The last lines of a server's life. `suffix` tells which master it was. */
export function logEnd(log: Log, status: number, suffix: string): void {
  log.log(status === 0 ? "info" : "error", `Shutting down: Master${suffix}`);
  const reason = REASONS[status];
  if (reason !== undefined) log.error(`Reason: ${reason}`);
}

// --- internal ---

const REASONS: Record<number, string> = { 3: "Worker failed to boot.", 4: "App failed to load." };

const TICK_MS = 1000;

/** What is left of the patience after a second INT or QUIT, and what the kernel has for a KILL. */
const QUICK_MS = 2000;

async function killTheRest({ pool, bell, log, now, turned }: ShutdownParts): Promise<void> {
  if (pool.workers.length === 0) return;
  log.warning(`Killing ${pool.workers.length} worker(s) that did not stop in time`);
  pool.expelAll("SIGKILL");
  const deadline = now() + QUICK_MS;
  while (pool.workers.length > 0 && now() < deadline) {
    await bell.wait(100);
    pool.reap();
  }
  await turned();
}
