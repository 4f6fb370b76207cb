/** The limits that a recommendation has to keep: memory, and the p99. */

import { bytes, shortTime } from "../base/terminal/units.ts";
import { type Contender, type Fate, isMeasured } from "./contender.ts";
import type { Goal } from "./sample.ts";

export interface Objection {
  readonly fate: Fate;
  readonly why: string;
}

/** Why a candidate is not even tried: a smaller one takes too much already, or it would fill the machine. */
export function memoryObjection(
  contender: Contender,
  all: readonly Contender[],
  { goal, memoryBytes }: { readonly goal: Goal; readonly memoryBytes: number },
): Objection | null {
  const least = contender.leastMemory(all);
  if (goal.maxMemoryBytes !== null && least > goal.maxMemoryBytes) {
    return { fate: "memory", why: `less of the same takes ${bytes(least)} already` };
  }
  const expected = expectedMemory(contender, all);
  if (expected <= memoryBytes * FILLS_MACHINE) return null;
  return {
    fate: "too-large",
    why: `it would take about ${bytes(expected)}, and there are ${bytes(memoryBytes)}`,
  };
}

export function checkMemory(contender: Contender, { maxMemoryBytes }: Goal): void {
  const memory = contender.middle(({ memoryBytes }) => memoryBytes);
  if (maxMemoryBytes !== null && memory > maxMemoryBytes)
    contender.out("memory", `takes ${bytes(memory)}, and ${bytes(maxMemoryBytes)} are allowed`);
}

/** The fewer runs, the more it must be over the limit: one slow moment in a second is a p99. */
export function checkP99(contender: Contender, { p99Ms: limit }: Goal, final: boolean): void {
  const runs = contender.samples.length;
  if (limit === null || runs === 0) return;
  const p99 = contender.middle((sample) => sample.p99Ms);
  const doubt = final || runs >= 3 ? 1 : runs === 2 ? 1.3 : 2;
  if (p99 > limit * doubt) contender.out("p99", `its p99 is ${shortTime(p99)}, and ${shortTime(limit)} is allowed`);
}

// --- internal ---

/** Of the machine's memory: the rest is for the load generator and everybody else. */
const FILLS_MACHINE = 0.75;

/** What a Node process and a thread of one take with a small application, for as long as nothing has been measured. */
const PROCESS_BYTES = 60 * 2 ** 20;
const THREAD_BYTES = 15 * 2 ** 20;

function expectedMemory({ candidate }: Contender, all: readonly Contender[]): number {
  const guess = guessMemory(candidate);
  const known = all.filter(isMeasured);
  // By how much the guess is wrong for this application.
  const factors = known.map((other) => other.middle(({ memoryBytes }) => memoryBytes) / guessMemory(other.candidate));
  return guess * Math.max(1, ...factors);
}

function guessMemory({ workers, threads, workerClass }: Contender["candidate"]): number {
  const pool = workerClass === "gthread" ? threads * THREAD_BYTES : 0;
  return PROCESS_BYTES + workers * (PROCESS_BYTES + pool);
}
