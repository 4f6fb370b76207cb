/** How a worker is asked to leave. Signals and messages only ask; the worker's lifecycle acts. */

import type { DrainCause } from "../../ipc/protocol.ts";

/**
 * `graceful`: finish what is here. `quick`: at once. `abort`: at once, and as a failure.
 * A stronger wish overrules a weaker one; a weaker or equal one changes nothing, so asking twice does no harm.
 */
export type Leave = "graceful" | "quick" | "abort";

/** What becomes of others' connections when the worker leaves; see DrainOrder. */
export interface LeaveOrder {
  readonly cause: DrainCause;
  readonly queue: "serve" | "leave";
  readonly orphans?: readonly number[];
  /** Given by somebody who does not know of the whole server (a signal): the master may say otherwise in a moment. */
  readonly provisional?: true;
  /** There is no master any more. */
  readonly alone?: true;
}

/** TERM: the master, if it is there, starts a successor, or stops and says so at once. */
export const BY_SIGNAL: LeaveOrder = { cause: "recycle", queue: "leave", provisional: true };

/** The worker asks for a successor itself, and is not to be trusted with anything new. */
export const RETIRED: LeaveOrder = { cause: "recycle", queue: "leave" };

/** The master is gone. Nobody comes after us, unless somebody else has the sockets as well. */
export function orphaned(socketsShared: boolean): LeaveOrder {
  return socketsShared
    ? { cause: "upgrade", queue: "leave", alone: true }
    : { cause: "stop", queue: "serve", alone: true };
}

/** In a hurry nobody says why. */
const QUICKLY: LeaveOrder = { cause: "stop", queue: "leave" };

export class Departure {
  #wish: Leave | null = null;
  #order: LeaveOrder | null = null;
  #waiters: (() => void)[] = [];

  get wish(): Leave | null {
    return this.#wish;
  }

  /** As far as it is known: look again before each step. */
  get order(): LeaveOrder {
    return this.#order ?? QUICKLY;
  }

  /** No time is left for finishing anything. */
  get hasty(): boolean {
    return this.#wish === "quick" || this.#wish === "abort";
  }

  ask(wish: Leave, order?: LeaveOrder): void {
    if (order !== undefined) this.#order = this.#order === null ? order : merged(this.#order, order);
    if (this.#wish !== null && STRENGTH[wish] <= STRENGTH[this.#wish]) return;
    this.#wish = wish;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Resolves once any wish has been uttered. */
  asked(): Promise<void> {
    if (this.#wish !== null) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** The result of `work`, or null if any wish is uttered first: a departure in the middle of loading has nothing to wait for. */
  unlessAsked<T>(work: Promise<T>): Promise<T | null> {
    return Promise.race([work, this.asked().then(() => null)]);
  }
}

// --- internal ---

const STRENGTH: Readonly<Record<Leave, number>> = { graceful: 1, quick: 2, abort: 3 };

/** What waits somewhere is served if any order says so; else the first that was not provisional counts. */
function merged(first: LeaveOrder, second: LeaveOrder): LeaveOrder {
  if (second.provisional) return first;
  if (first.provisional) return second;
  const queue = first.queue === "serve" ? "serve" : second.queue;
  const orphans = [...(first.orphans ?? []), ...(second.orphans ?? [])];
  return { cause: first.cause, queue, orphans, ...((first.alone ?? second.alone) && { alone: true }) };
}
