/** Starting a worker: its process, what it inherits, and its first message. */

import { withFewArenas } from "../base/arenas.ts";
import { WorkerFd, type WorkerIdentity, type WorkerMessage } from "../ipc/protocol.ts";
import type { Scoreboard } from "../ipc/scoreboard.ts";
import { WatchdogBell } from "../ipc/watchdog.ts";
import type { MasterHost } from "./host.ts";
import { processTitle } from "./title.ts";
import { WorkerHandle } from "./worker-handle.ts";
import type { Job } from "./worker-pool.ts";
import { spawnWorker } from "./worker-process.ts";

export interface LaunchParts {
  readonly scoreboard: Scoreboard;
  readonly now: () => number;
  readonly variables: MasterHost["variables"];
  /** Null: workers stay what the master is. */
  readonly identity: WorkerIdentity | null;
  /** `gone`: `worker.end` is set. */
  readonly events: {
    message(worker: WorkerHandle, message: WorkerMessage): void;
    gone(worker: WorkerHandle): void;
  };
}

export function launchWorker(job: Job, parts: LaunchParts): WorkerHandle {
  const { scoreboard, now, events } = parts;
  const { slotIndex, release } = job;
  const { settings } = release;
  const listeners = release.listeners.all;
  const bell = new WatchdogBell();
  const fds = [scoreboard.fd, bell.fd, ...listeners.map((listener) => listener.fd)];
  const environment = parts.variables.with(settings.rawEnv);
  const child = spawnWorker(fds, {
    directory: settings.chdir,
    // For connections; where threads are to be few and lean it is for the worker class to say.
    environment: settings.workerClass === "async" ? withFewArenas(environment) : environment,
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
    settings: { ...settings, keyPassphrase: null },
    title: processTitle("worker", settings),
    identity: parts.identity,
    tls: release.credentials?.material ?? null,
    slot: slotIndex,
    shape: scoreboard.shape,
    listeners: listeners.map(({ host, port, unixPath, lane }, index) => ({
      fd: WorkerFd.FIRST_LISTENER + index,
      host,
      port,
      unixPath,
      lane,
    })),
  });
  return worker;
}
