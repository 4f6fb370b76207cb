/** Starting a worker: its process, what it inherits, and its first message. */

import { WorkerFd, type WorkerMessage } from "../ipc/protocol.ts";
import type { Scoreboard } from "../ipc/scoreboard.ts";
import { WatchdogBell } from "../ipc/watchdog.ts";
import { WorkerHandle } from "./worker-handle.ts";
import type { Job } from "./worker-pool.ts";
import { spawnWorker } from "./worker-process.ts";

export interface LaunchParts {
  readonly scoreboard: Scoreboard;
  readonly now: () => number;
  /** `gone`: `worker.end` is set. */
  readonly events: {
    message(worker: WorkerHandle, message: WorkerMessage): void;
    gone(worker: WorkerHandle): void;
  };
}

export function launchWorker(job: Job, { scoreboard, now, events }: LaunchParts): WorkerHandle {
  const { slotIndex, release } = job;
  const listeners = release.listeners.all;
  const bell = new WatchdogBell();
  const fds = [scoreboard.fd, bell.fd, ...listeners.map((listener) => listener.fd)];
  const child = spawnWorker(fds, {
    message: (message) => events.message(worker, message),
    gone: (end) => {
      worker.end = end;
      events.gone(worker);
    },
  });
  const slot = scoreboard.slot(slotIndex);
  const worker = new WorkerHandle({ ...job, slot, process: child, bell, now: now() });
  worker.send({
    type: "start",
    settings: release.settings,
    slot: slotIndex,
    shape: scoreboard.shape,
    listeners: listeners.map(({ host, port, unixPath }, index) => ({
      fd: WorkerFd.FIRST_LISTENER + index,
      host,
      port,
      unixPath,
    })),
  });
  return worker;
}
