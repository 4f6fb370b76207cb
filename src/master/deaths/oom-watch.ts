/** Tells whether a SIGKILL that nobody here has sent was the kernel's OOM killer: looks at its count all the time, so that "before" is known after. */

import { findOomCounter, type OomCounter } from "./oom-counter.ts";
import { oomRecord } from "./kernel-log.ts";

export interface OomFinding {
  /** Null: nobody can tell. */
  readonly struck: boolean | null;
  /** For the log: what says so. */
  readonly evidence: string;
  readonly limitBytes: number | null;
}

/** One more kill than at the last look, that has not been put down to a worker. */
interface Strike {
  readonly at: number;
  readonly from: number;
}

export class OomWatch {
  readonly #counter: OomCounter | null;
  readonly #record: (pid: number) => string | null;
  #last: number;
  #strikes: Strike[] = [];

  constructor(counter: OomCounter | null = findOomCounter(), record: (pid: number) => string | null = oomRecord) {
    this.#counter = counter;
    this.#record = record;
    this.#last = counter?.read() ?? 0;
  }

  /** To be called all the time. */
  look(now: number): void {
    const count = this.#counter?.read() ?? this.#last;
    for (let from = this.#last; from < count; from++) this.#strikes.push({ at: now, from });
    this.#last = count;
    this.#strikes = this.#strikes.filter((strike) => now - strike.at < STRIKE_MS);
  }

  /** About a process that has just been killed. Asking uses a strike up: two deaths need two. */
  judge(pid: number, now: number): OomFinding {
    this.look(now);
    const counter = this.#counter;
    const limitBytes = counter?.limit() ?? null;
    const strike = this.#strikes.shift();
    if (counter !== null && strike === undefined) {
      return { struck: false, evidence: `${counter.source} is ${this.#last} as before`, limitBytes };
    }
    const record = this.#record(pid);
    if (record !== null) return { struck: true, evidence: `the kernel's log: ${record}`, limitBytes };
    if (counter === null || strike === undefined)
      return { struck: null, evidence: "the kernel's count of OOM kills cannot be read here", limitBytes };
    return { struck: true, evidence: `${counter.source} went from ${strike.from} to ${strike.from + 1}`, limitBytes };
  }
}

// --- internal ---

/** How long a kill may be counted before the death is heard of. */
const STRIKE_MS = 5000;
