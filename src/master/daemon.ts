/**
 * `--daemon`. Node cannot fork, so the command is run once more in a session of its own, while the first process waits until the server is ready, and
 * tells what is wrong if it does not come to that.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";

import type { LogLevel } from "../base/errors.ts";
import type { Extension, MasterContext } from "./extension.ts";
import { repeatCommand, repeatEnvironment, type Environment, type Invocation } from "./invocation.ts";
import { afterLastMessage } from "./worker-process.ts";

/** What a daemon tells the process that waits for it. */
type Report = { readonly type: "problem"; readonly text: string } | { readonly type: "ready" };

/** True for the process that the user has started: the daemon is still to be made, and it is not a master that succeeds one. */
export function mustDetach(env: Environment): boolean {
  return env[MARK] === undefined && env["JUNICORN_PID"] === undefined;
}

/** Starts the daemon and waits until it is ready. Resolves with the exit status; problems have been given to `print`. */
export function detach(invocation: Invocation, print: (text: string) => void): Promise<number> {
  if (invocation.environment["NOTIFY_SOCKET"] !== undefined)
    print("warning: --daemon under a service manager: systemd loses sight of the server; leave --daemon out");
  const { file, args } = repeatCommand(invocation);
  const child = spawn(file, args, {
    cwd: invocation.directory,
    env: repeatEnvironment(invocation, { [MARK]: "1" }),
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    detached: true,
  });
  return new Promise((resolve) => {
    let told = false;
    const tell = (text: string): void => {
      told = true;
      print(text);
    };
    child.on("message", (report: Report) => {
      if (report.type === "problem") return tell(report.text);
      child.disconnect();
      resolve(0);
    });
    child.once("error", (error) => {
      tell(`the daemon cannot be started: ${error.message}`);
      resolve(1);
    });
    child.once("exit", (code, signal) =>
      afterLastMessage(child, () => {
        if (!told || signal !== null)
          tell(
            `the server ended ${signal === null ? `with status ${code}` : `by ${signal}`} before it was ready${HINT}`,
          );
        resolve(code ?? 1);
      }),
    );
    forwardSignals(child, resolve);
  });
}

/** The daemon's end of it; null for a server that nobody waits for. */
export function reportTo(process: NodeJS.Process, env: Environment): DaemonReport | null {
  return env[MARK] !== undefined && process.send !== undefined ? new DaemonReport(process) : null;
}

export class DaemonReport {
  readonly #process: NodeJS.Process;

  constructor(process: NodeJS.Process) {
    this.#process = process;
    // Whoever waited may have been killed; the daemon stays.
    process.on("disconnect", () => {});
  }

  /** Errors of the start are for the terminal, too. */
  heard(level: LogLevel, message: string): void {
    if (level === "error" || level === "critical") this.#send({ type: "problem", text: message });
  }

  ready(): void {
    this.#send({ type: "ready" });
  }

  // --- internal ---

  #send(report: Report): void {
    if (this.#process.connected) this.#process.send?.(report, undefined, undefined, () => {});
  }
}

/** Tells the waiting process when all workers are ready. */
export function daemonExtension(master: MasterContext): Extension | null {
  const report = reportTo(process, master.host.invocation.environment);
  if (report === null) return null;
  master.log.heard = (level, message) => report.heard(level, message);
  return {
    name: "daemon",
    allReady: () => {
      master.log.heard = null;
      report.ready();
    },
  };
}

// --- internal ---

const MARK = "JUNICORN_DAEMON";

const HINT = "; its error log says why (--error-logfile FILE: a daemon's standard error goes nowhere)";

/** Ctrl-C while it starts is meant for the server, which does not belong to this terminal any more. */
function forwardSignals(child: ChildProcess, resolve: (status: number) => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      child.kill("SIGTERM");
      resolve(128 + constants.signals[signal]);
    });
  }
}
