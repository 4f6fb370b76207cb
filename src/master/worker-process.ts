/** Starting the child process of a worker: the only place that spawns. */

import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { fileURLToPath } from "node:url";

import { withoutDebugger } from "../base/usr1.ts";
import type { Settings } from "../config/settings/index.ts";
import type { MasterMessage, WorkerMessage } from "../ipc/protocol.ts";
import type { Environment } from "./invocation.ts";

/** How a process ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It never started: why. */
  readonly spawnError?: string;
}

/** A child process as its handle uses it; a fake in tests. */
export interface WorkerProcess {
  /** 0 if it could not be started. */
  readonly pid: number;
  /** Nothing happens if the process is gone. */
  send(message: MasterMessage<Settings>): void;
  kill(signal: NodeJS.Signals): void;
}

export interface WorkerProcessOptions {
  /** This process's own unless given. */
  readonly environment?: Environment;
  /** Where it works; where this process is, unless given. */
  readonly directory?: string;
  /** Where what it prints goes: where ours does, unless given. */
  readonly output?: "stderr";
  message(message: WorkerMessage): void;
  /** Once, after the last message. */
  gone(end: WorkerEnd): void;
}

/** `fds` become descriptors 4 and up of the child; null leaves one unused. */
export function spawnWorker(fds: readonly (number | null)[], options: WorkerProcessOptions): WorkerProcess {
  const stdio: StdioOptions = [
    "ignore",
    options.output === "stderr" ? 2 : "inherit",
    "inherit",
    "ipc",
    ...fds.map((fd) => fd ?? "ignore"),
  ];
  const child = spawn(process.execPath, [...process.execArgv, ...withoutDebugger(), ENTRY], {
    stdio,
    cwd: options.directory,
    ...(options.environment === undefined ? {} : { env: options.environment }),
  });
  child.on("message", (message) => options.message(message as WorkerMessage));
  // A message to a worker that is just dying fails; its death is reported by itself.
  child.on("error", (error) => {
    if (child.pid === undefined) options.gone({ code: null, signal: null, spawnError: error.message });
  });
  child.on("exit", (code, signal) => afterLastMessage(child, () => options.gone({ code, signal })));
  return {
    pid: child.pid ?? 0,
    send: (message) => {
      if (child.connected) child.send(message, () => {});
    },
    kill: (signal) => void child.kill(signal),
  };
}

// --- internal ---

const ENTRY = fileURLToPath(new URL("../entry/worker.js", import.meta.url));

/** A grandchild that holds the channel open must not hide the worker's death for longer than this. */
const LAST_MESSAGE_MS = 500;

/** The exit may be reported while the worker's last words are still in the channel. */
export function afterLastMessage(child: ChildProcess, done: () => void): void {
  if (!child.connected) return done();
  const finish = (): void => {
    clearTimeout(timer);
    child.off("disconnect", finish);
    done();
  };
  const timer = setTimeout(finish, LAST_MESSAGE_MS);
  child.on("disconnect", finish);
}
