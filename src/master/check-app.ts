/** `--check-config`: has a worker load the application, and tells how that went. */

import { ExitStatus } from "../base/errors.ts";
import type { Settings } from "../config/settings/index.ts";
import type { WorkerIdentity, WorkerMessage } from "../ipc/protocol.ts";
import type { Environment } from "./invocation.ts";
import { spawnWorker, type WorkerProcess } from "./worker-process.ts";

export interface AppCheck {
  /** 0, or the status a server would exit with. */
  readonly exit: number;
  /** What is wrong, for people. */
  readonly problem?: string;
  /** What the application is, when it loads. */
  readonly description?: string;
}

export interface AppCheckOptions {
  /** Who it is loaded as. Default: who we are. */
  readonly identity?: WorkerIdentity | null;
  /** Default: ours. */
  readonly environment?: Environment;
  /** Where what the application prints goes. Default: where our own output does. */
  readonly output?: "stderr";
}

/** Loads the application in a child process that serves nothing. */
export function checkApp(settings: Settings, options: AppCheckOptions = {}): Promise<AppCheck> {
  const { identity = null, environment, output } = options;
  return new Promise((resolve) => {
    let result: AppCheck | null = null;
    const limit = startLimit(settings.bootTimeout, () => worker);
    const worker = spawnWorker([], {
      ...(environment !== undefined && { environment }),
      ...(output !== undefined && { output }),
      message: (message) => {
        result = resultOf(message) ?? result;
        if (message.type === "explained") limit.explained(message.text);
      },
      gone: (end) => {
        limit.stop();
        const how = end.signal ?? `status ${end.code}`;
        const ended = `the application ended the process with ${how} while it was being loaded`;
        const problem = end.spawnError ?? limit.problem ?? ended;
        resolve(result ?? { exit: ExitStatus.WORKER_BOOT, problem });
      },
    });
    worker.send({ type: "check", settings, identity });
  });
}

// --- internal ---

interface Limit {
  /** Null while there is time. */
  readonly problem: string | null;
  explained(text: string): void;
  stop(): void;
}

/** Ends a process that takes longer to load the application than a worker may, and asks it before what it waits for. */
function startLimit(seconds: number, worker: () => WorkerProcess): Limit {
  const late = `the application has not finished loading after ${seconds} s (--boot-timeout)`;
  let problem: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  const end = (why: string): void => {
    problem = `${late}${why}`;
    worker().kill("SIGKILL");
  };
  if (seconds > 0) {
    timer = setTimeout(() => {
      worker().send({ type: "explain" });
      timer = setTimeout(() => end(": its event loop does not turn"), ANSWER_MS);
    }, seconds * 1000);
  }
  return {
    get problem() {
      return problem;
    },
    explained: (text) => end(`\n  ${text.replaceAll("\n", "\n  ")}`),
    stop: () => clearTimeout(timer),
  };
}

const ANSWER_MS = 1000;

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
