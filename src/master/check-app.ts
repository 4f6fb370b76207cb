/** `--check-config`: has a worker load the application, and tells how that went. */

import { ExitStatus } from "../base/errors.ts";
import type { Settings } from "../config/settings/index.ts";
import type { WorkerMessage } from "../ipc/protocol.ts";
import { spawnWorker } from "./worker-process.ts";

export interface AppCheck {
  /** 0, or the status a server would exit with. */
  readonly exit: number;
  /** What is wrong, for people. */
  readonly problem?: string;
  /** What the application is, when it loads. */
  readonly description?: string;
}

/** Loads the application in a child process that serves nothing. */
export function checkApp(settings: Settings): Promise<AppCheck> {
  return new Promise((resolve) => {
    let result: AppCheck | null = null;
    const worker = spawnWorker([], {
      message: (message) => (result = resultOf(message) ?? result),
      gone: (end) =>
        resolve(
          result ?? {
            exit: ExitStatus.WORKER_BOOT,
            problem:
              end.spawnError ??
              `the application ended the process with ${end.signal ?? `status ${end.code}`} while it was being loaded`,
          },
        ),
    });
    worker.send({ type: "check", settings });
  });
}

// --- internal ---

function resultOf(message: WorkerMessage): AppCheck | null {
  switch (message.type) {
    case "checked":
      return { exit: ExitStatus.OK, description: message.description };
    case "boot-failed":
      return { exit: message.exit, problem: message.problem };
    case "ready":
    case "retire":
    case "sources":
    case "explained":
      return null; // a worker that only checks says none of these
  }
}
