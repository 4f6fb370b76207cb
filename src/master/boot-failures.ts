/** Workers that die before they can serve: whether the start is given up, and how much of it is told. */

import { ExitStatus } from "../base/errors.ts";
import { describeVerdict, type Verdict } from "./deaths/verdicts.ts";
import { describeStack } from "./stack-text.ts";
import type { BootFailure, WorkerHandle } from "./worker-handle.ts";

/** Deaths by signal while loading, before any worker ever was ready, after which the start is given up. */
const BOOT_DEATHS = 3;

export class BootFailures {
  #everReady = false;
  #signalled = 0;
  #inARow = 0;
  #lastProblem = "";

  /** How often in a row. */
  get count(): number {
    return this.#inARow;
  }

  /** Of the last one; "" if there was none. */
  get problem(): string {
    return this.#lastProblem;
  }

  /** A worker is ready: what failed before is forgotten. */
  succeeded(): void {
    this.#everReady = true;
    this.forget();
  }

  /** The next failure is told in full again. */
  forget(): void {
    this.#inARow = 0;
    this.#lastProblem = "";
  }

  /** Before any worker was ready there is nothing to keep alive: true if the start is to be given up for this one. */
  isFinal(worker: WorkerHandle, verdict: Verdict): boolean {
    const killed = worker.bootFailure === null && (verdict.code === null || verdict.cause === "signal");
    return !this.#everReady && (!killed || ++this.#signalled >= BOOT_DEATHS);
  }

  /** What the log says of it, in full or as a count; "" if the next try was told before. `delayMs`: until then, 0 if it was. */
  describe(worker: WorkerHandle, problem: string, delayMs: number): string {
    this.#inARow++;
    const again = delayMs > 0 ? `the next try is in ${delayMs / 1000} s` : "";
    if (problem !== this.#lastProblem) {
      this.#lastProblem = problem;
      return `Worker (pid:${worker.pid}) failed to boot: ${problem}${again && `\n${capitalized(again)}`}`;
    }
    return again && `Workers have failed to boot ${this.#inARow} times for the same reason: ${again}`;
  }
}

/** `verdict` says how it ended, where it could not say itself why. */
export function bootFailureOf(worker: WorkerHandle, verdict: Verdict): BootFailure {
  if (worker.bootFailure !== null) return worker.bootFailure;
  const { cause, code, stack } = verdict;
  const problem =
    code === null || cause === "signal"
      ? `${describeVerdict(verdict)} It was loading the application.`
      : `The application ended the process with status ${code} while it was being loaded.${describeStack(stack)}`;
  return { exit: ExitStatus.WORKER_BOOT, problem };
}

// --- internal ---

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
