/** Starting a worker: its process, what it inherits, and its first message. */

import type { Settings } from "../config/settings/index.ts";
import { WorkerFd, type WorkerMessage } from "../ipc/protocol.ts";
import type { Scoreboard } from "../ipc/scoreboard.ts";
import { WatchdogBell } from "../ipc/watchdog.ts";
import type { BoundListener } from "../net/listeners.ts";
import { WorkerHandle } from "./worker-handle.ts";
import { spawnWorker } from "./worker-process.ts";

/** Where the worker is to be, and what it is to serve. */
export interface Launch {
  readonly slotIndex: number;
  readonly generation: number;
  readonly scoreboard: Scoreboard;
  readonly settings: Settings;
  readonly listeners: readonly BoundListener[];
  readonly now: () => number;
  /** `gone`: `worker.end` is set. */
  readonly events: {
    message(worker: WorkerHandle, message: WorkerMessage): void;
    gone(worker: WorkerHandle): void;
  };
}

export function launchWorker(launch: Launch): WorkerHandle {
  const { slotIndex, generation, scoreboard, settings, listeners, now, events } = launch;
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
  const worker = new WorkerHandle({ slotIndex, slot, generation, process: child, bell, now: now() });
  worker.send({
    type: "start",
    settings,
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
