/** USR2: a second master, of whatever version is installed by now, is started beside this one and takes over when this one leaves. */

import { spawn, type ChildProcess } from "node:child_process";

import type { Log } from "../base/log.ts";
import type { Listeners } from "../net/listeners.ts";
import type { Outcome } from "./commands.ts";
import { handOver, type Handover } from "./handover.ts";
import { repeatCommand, repeatEnvironment, type Invocation } from "./invocation.ts";

export interface UpgradeParts {
  readonly invocation: Invocation;
  readonly handover: Handover;
  readonly log: Log;
  readonly listeners: () => Listeners | null;
  /** Something of what is told below has changed. */
  readonly wake: () => void;
}

export class Upgrade {
  readonly #parts: UpgradeParts;
  #predecessor: number;
  #successor: ChildProcess | null = null;

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
    this.#predecessor = parts.handover.predecessor;
  }

  /** What this master was started with. */
  get handover(): Handover {
    return this.#parts.handover;
  }

  /** The master that this one was started to succeed; 0: there is none (any more). */
  get predecessor(): number {
    return this.#predecessor;
  }

  /** The master that was started to succeed this one; 0: there is none (any more). */
  get successor(): number {
    return this.#successor?.pid ?? 0;
  }

  /** What is added to names that both masters have at one time: in the list of processes, of the pidfile. */
  get suffix(): "" | ".2" {
    return this.#predecessor === 0 ? "" : ".2";
  }

  /** Why there can be no upgrade now; "" if there can. */
  get obstacle(): string {
    if (this.successor > 0)
      return `a new master (pid:${this.successor}) has been started already; stop it or this one first`;
    if (this.#predecessor > 0)
      return `this master was itself started by an upgrade, and the one that it succeeds (pid:${this.#predecessor}) still runs`;
    return "";
  }

  /** Starts the new master. It is not known yet then whether it comes up; this one goes on in any case. */
  start(): Outcome {
    const { invocation, log, listeners, wake } = this.#parts;
    const sockets = listeners();
    const problem = sockets === null ? "the server has not started yet" : this.obstacle;
    if (sockets === null || problem !== "") return this.#refuse(problem);
    if (process.pid === 1)
      log.warning(
        "This master is process 1 of its container: when it leaves, the kernel ends the new master with it. Containers are upgraded by starting a new one",
      );
    const { file, args } = repeatCommand(invocation);
    const env = repeatEnvironment(invocation, {
      ...handOver(
        process.pid,
        sockets.owned.map((entry) => entry.asked),
      ),
      NOTIFY_SOCKET: invocation.environment["NOTIFY_SOCKET"],
      WATCHDOG_USEC: invocation.environment["WATCHDOG_USEC"],
    });
    const stdio = ["ignore", "inherit", "inherit", ...sockets.all.map((listener) => listener.fd)] as const;
    const child = spawn(file, args, { cwd: invocation.directory, env, stdio: [...stdio] });
    if (child.pid !== undefined) {
      this.#successor = child;
      sockets.withOthers = true;
      log.info(`Started a new master (pid:${child.pid}): ${[file, ...args].join(" ")}`);
    }
    child.once("error", (error) => log.error(`The new master cannot be started: ${error.message}`));
    child.once("exit", (code, signal) => {
      this.#successor = null;
      const now = listeners();
      if (now !== null) now.withOthers = false;
      this.#tellEnd(child.pid!, code, signal);
      wake();
    });
    wake();
    return child.pid === undefined ? { ok: false, problem: `${file} cannot be started` } : { ok: true };
  }

  /** True once, when the predecessor is gone: this master is the only one from now on. */
  promoted(): boolean {
    if (this.#predecessor === 0 || process.ppid === this.#predecessor) return false;
    this.#predecessor = 0;
    const now = this.#parts.listeners();
    if (now !== null) now.withOthers = false;
    this.#parts.log.info("Master has been promoted.");
    return true;
  }

  // --- internal ---

  #refuse(problem: string): Outcome {
    this.#parts.log.warning(`No upgrade: ${problem}`);
    return { ok: false, problem };
  }

  #tellEnd(pid: number, code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal === null ? `exited with status ${code}` : `was ended by ${signal}`;
    const level = code === 0 ? "info" : "error";
    this.#parts.log.log(level, `The new master (pid:${pid}) ${how}: this one goes on serving`);
  }
}
