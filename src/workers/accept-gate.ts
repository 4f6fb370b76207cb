/**
 * Which of the workers takes a connection. All of them wait on the same listeners, and the kernel wakes whom it likes; so each one asks here
 * first, and leaves a connection to those that are less busy, as the scoreboard has it. It is left for a moment only: a connection that
 * nobody takes, because the less busy hang or cannot, is taken after all.
 *
 * The rule is that of water finding its level: a worker leaves what waits alone as long as the less busy have room for all of it below its own
 * load. One connection among idle workers goes to one of the least busy; of a crowd everyone takes its share at once.
 */

import type { Gate } from "../net/acceptor.ts";

/** What is known of another worker, read anew each time. */
export interface Rival {
  /** See `loadOf`. */
  readonly load: number;
  /** How many more connections it may open now; 0 if it takes none, for whatever reason. */
  readonly room: number;
  /** Connections accepted in its life: while that grows, it is at work on the backlog. */
  readonly accepted: number;
  /** Changes whenever its event loop turns, if only about once a second. */
  readonly heartbeat: number;
}

export interface GateView {
  /** Of this worker. */
  readonly load: number;
  /** The other workers that serve; asked for at every connection, so it had better be an array that is kept. */
  rivals(now: number): readonly Rival[];
}

/** How soon is looked again whether somebody has taken what was left to the less busy, in ms. */
export const LOOK_AGAIN_MS = 1;

/** So many looks before it is taken after all. Counted, not timed: where processors are scarce, we look later and others act later alike. */
export const PATIENCE = 5;

/** So many more while others were at work on the backlog a moment ago: those that pause then wait for a processor, and do not hang. */
export const MORE_PATIENCE = 15;

/** How long a moment is, in ms. */
const MOMENT_MS = 50;

/** Where the kernel does not say how many wait (unix sockets): so many for each worker, lest a crowd is taken in one by one. */
export const ASSUMED_WAITING = 2;

/**
 * How busy a worker is: an idle connection counts one, and one with a request in progress two. But of many connections only a quarter counts double,
 * so that a worker that is a moment behind amid a crowd is not left out of it.
 */
export function loadOf(connections: number, active: number): number {
  return connections + Math.min(active, Math.max(8, connections >> 2));
}

/** How many connections the less busy would take before a worker of load `own` is due. */
export function roomBelow(own: number, rivals: readonly Rival[]): number {
  let room = 0;
  for (const rival of rivals) if (rival.load < own) room += Math.min(own - rival.load, rival.room);
  return room;
}

export class AcceptGate implements Gate {
  readonly #view: GateView;
  readonly #now: () => number;
  /** What the others had accepted when we last looked, and how often we have looked since that changed. */
  #accepted = 0;
  #looks = 0;
  #patience = PATIENCE;
  #askedAt = -Infinity;
  /** Those that did not take what was left to them, and the last sign of life they had given: nothing is left to them until another. */
  readonly #deaf = new Map<Rival, string>();

  constructor(view: GateView, now: () => number) {
    this.#view = view;
    this.#now = now;
  }

  ask(waiting: () => number | null): number {
    const now = this.#now();
    const all = this.#view.rivals(now);
    if (all.length === 0) return TAKE;
    const aMomentAgo = now - this.#askedAt < MOMENT_MS;
    this.#askedAt = now;
    const own = this.#view.load;
    const rivals = this.#deaf.size === 0 ? all : this.#hearing(all);
    const room = roomBelow(own, rivals);
    if (room === 0 || (waiting() ?? (all.length + 1) * ASSUMED_WAITING) > room) return this.#take();
    const accepted = acceptedBy(all);
    // Whoever works on the backlog comes to what waits in it, too: then there is no hurry.
    if (this.#accepted !== accepted) {
      this.#looks = 0;
      this.#patience = aMomentAgo ? PATIENCE + MORE_PATIENCE : PATIENCE;
    }
    this.#accepted = accepted;
    if (this.#looks++ < this.#patience) return LOOK_AGAIN_MS;
    if (this.#patience > PATIENCE) {
      this.#patience = PATIENCE; // one is taken; they get another chance before they count as deaf
      return this.#take();
    }
    for (const rival of rivals) if (rival.load < own) this.#deaf.set(rival, lifeSign(rival));
    return this.#take();
  }

  // --- internal ---

  #take(): number {
    this.#looks = 0;
    return TAKE;
  }

  #hearing(all: readonly Rival[]): readonly Rival[] {
    for (const [rival, sign] of this.#deaf) if (lifeSign(rival) !== sign) this.#deaf.delete(rival);
    return all.filter((rival) => !this.#deaf.has(rival));
  }
}

const TAKE = 0;

function lifeSign(rival: Rival): string {
  return `${rival.accepted} ${rival.heartbeat}`;
}

function acceptedBy(rivals: readonly Rival[]): number {
  let sum = 0;
  for (const rival of rivals) sum += rival.accepted;
  return sum;
}
