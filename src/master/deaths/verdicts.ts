/** The verdicts on workers that are gone: pronounced once for each, kept for `junicorn ctl why`, and counted by cause. */

import type { RequestInFlight } from "../../ipc/request-rows.ts";
import { residentBytes } from "../../ipc/snapshot.ts";
import type { LogLevel } from "../../base/errors.ts";
import { describeRequests } from "../describe.ts";
import type { Extension } from "../extension.ts";
import { describeStack, withoutOurs } from "../stack-text.ts";
import type { WorkerHandle } from "../worker-handle.ts";
import { gatherEvidence } from "./evidence.ts";
import { DEATH_CAUSES, judge, type DeathCause } from "./judge.ts";
import { OomWatch } from "./oom-watch.ts";

export interface Verdict {
  readonly pid: number;
  /** Order of birth in this server. */
  readonly generation: number;
  readonly cause: DeathCause;
  readonly level: LogLevel;
  /** One line: how it ended, and the evidence. */
  readonly text: string;
  /** The JavaScript that brought it about, innermost call first, a line each; "" where that is not known. */
  readonly stack: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** When it was heard of, in milliseconds since 1970, and how long it had lived. */
  readonly at: number;
  readonly livedMs: number;
  /** What it was serving, oldest first: the first 20, and how many there were. */
  readonly requests: readonly LostRequest[];
  readonly requestsLost: number;
}

export interface LostRequest {
  readonly method: string;
  /** At most 112 characters; ends in "…" when cut. */
  readonly target: string;
  readonly peer: string;
  readonly ageMs: number;
}

export interface VerdictsOptions {
  readonly now: () => number;
  readonly workers: () => Iterable<WorkerHandle>;
  readonly oom?: OomWatch;
}

export class Verdicts implements Extension {
  readonly name = "verdicts";
  readonly #options: VerdictsOptions;
  readonly #oom: OomWatch;
  /** Oldest first. */
  readonly #kept: Verdict[] = [];
  readonly #counts = Object.fromEntries(DEATH_CAUSES.map((cause) => [cause, 0])) as Record<DeathCause, number>;
  readonly #resident = new WeakMap<WorkerHandle, { readonly bytes: number; readonly at: number }>();
  #sampledAt = -Infinity;

  constructor(options: VerdictsOptions) {
    this.#options = options;
    this.#oom = options.oom ?? new OomWatch();
  }

  /** Looks at what is gone when a worker is: how much memory it had, and how often the kernel had run out of it. */
  tick(now: number): void {
    if (now - this.#sampledAt < SAMPLE_MS) return;
    this.#sampledAt = now;
    this.#oom.look(now);
    for (const worker of this.#options.workers()) {
      const bytes = residentBytes(worker.pid);
      if (bytes !== null && bytes > 0) this.#resident.set(worker, { bytes, at: now });
    }
  }

  /** To be asked once, after its end and before its slot is cleared. */
  pronounce(worker: WorkerHandle): Verdict {
    const now = this.#options.now();
    const judgeOom = (pid: number) => this.#oom.judge(pid, now);
    const { cause, level, text, stack } = judge(
      gatherEvidence(worker, now, this.#resident.get(worker) ?? null, judgeOom),
    );
    const lost = lostRequests(worker, cause);
    const { code, signal } = worker.end!;
    const verdict: Verdict = {
      pid: worker.pid,
      generation: worker.generation,
      cause,
      level: lost.length > 0 && level === "info" ? "warning" : level,
      text,
      stack: stack === "" ? "" : withoutOurs(stack),
      code,
      signal,
      at: Date.now(),
      livedMs: now - worker.spawnedAt,
      requests: lost.slice(0, MOST_REQUESTS).map(({ method, target, peer, since }) => ({
        method,
        target,
        peer,
        ageMs: Math.max(0, now - since),
      })),
      requestsLost: lost.length,
    };
    this.#keep(verdict);
    this.#counts[cause]++;
    return verdict;
  }

  /** The last one on a worker of that pid, if it is among those kept. */
  find(pid: number): Verdict | null {
    return this.#kept.findLast((verdict) => verdict.pid === pid) ?? null;
  }

  /** Those kept, oldest first. */
  list(): readonly Verdict[] {
    return this.#kept;
  }

  /** Of all workers there ever were. */
  get counts(): Readonly<Record<DeathCause, number>> {
    return this.#counts;
  }

  // --- internal ---

  /** Workers that left as they were told are forgotten first: a few reloads must not push out what somebody will ask for. */
  #keep(verdict: Verdict): void {
    this.#kept.push(verdict);
    if (this.#kept.length <= MOST_KEPT) return;
    const least = this.#kept.findIndex(({ cause }) => cause === "asked");
    this.#kept.splice(Math.max(0, least), 1);
  }
}

/** The verdict with its stack and the requests lost, as the log has it. */
export function describeVerdict({ text, stack, requests, requestsLost, cause }: Verdict): string {
  // The report of its hang has named them.
  const told = cause === "timeout" || requestsLost === 0;
  const apart = stack === "" ? " " : "\n  ";
  const lost = told ? "" : `${apart}Requests lost:${describeRequests(requests, requestsLost)}`;
  return `${text}${describeStack(stack)}${lost}`;
}

// --- internal ---

const SAMPLE_MS = 1000;
const MOST_KEPT = 64;
const MOST_REQUESTS = 20;

/** One that leaves by itself has answered or cut what it had, and has said so. */
function lostRequests(worker: WorkerHandle, cause: DeathCause): RequestInFlight[] {
  const orderly = worker.end!.signal === null && cause !== "exit" && (worker.phase === "leaving" || cause === "signal");
  return orderly ? [] : worker.slot.rows.list();
}
