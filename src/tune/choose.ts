/** Which contender leads, and which of those that are as good is recommended. */

import { compare, type Comparison } from "./compare.ts";
import type { Contender } from "./contender.ts";

/** Less than this (about 5 %) is no difference: nobody notices it, and tomorrow it is the other way round. */
export const TOLERANCE = 0.05;

/** As good as the leader, or within what cannot be told from noise; but what looks 10 % worse is never taken for as good. */
export function isTie({ by, error }: Comparison): boolean {
  return by >= -Math.min(2 * TOLERANCE, TOLERANCE + error);
}

/** The best of them, by what their rounds in common say. */
export function leaderOf(contenders: readonly Contender[], noise: number): Contender | null {
  return contenders.reduce<Contender | null>(
    (best, one) => (best === null || compare(one, best, noise).by > 0 ? one : best),
    null,
  );
}

/** Of those that are as good as the leader, the one that costs least. */
export function choose(contenders: readonly Contender[], noise: number): Contender | null {
  const leader = leaderOf(contenders, noise);
  if (leader === null) return null;
  const tied = contenders.filter((one) => one === leader || isTie(compare(one, leader, noise)));
  return tied.toSorted((a, b) => costOf(a) - costOf(b))[0] ?? leader;
}

/** All but the leader, those first that may be recommended: of those that may be as good as it, the cheapest. */
export function inOrderOfPromise(contenders: readonly Contender[], leader: Contender, noise: number): Contender[] {
  const compared = contenders
    .filter((contender) => contender !== leader)
    .map((contender) => ({ contender, ...compare(contender, leader, noise) }));
  const ranked = compared.toSorted((a, b) => {
    if (isTie(a) !== isTie(b)) return isTie(a) ? -1 : 1;
    return isTie(a) ? costOf(a.contender) - costOf(b.contender) : b.by - a.by;
  });
  return ranked.map(({ contender }) => contender);
}

/** Those that may be much better than the choice for all that is known, the most likely first. Without any the decision counts as clear. */
export function rivalsAmong(contenders: readonly Contender[], choice: Contender | null, noise: number): Contender[] {
  if (choice === null) return [];
  const most = (contender: Contender): number => {
    const { by, error } = compare(contender, choice, noise);
    return by + 2 * error;
  };
  return contenders
    .filter((contender) => contender !== choice && most(contender) >= CLEAR)
    .toSorted((a, b) => most(b) - most(a));
}

/**
 * Memory, in bytes. In `async` all requests of a worker share one thread, and one that computes for long holds up the others: that counts as a third more. So
 * where requests compute, and the classes are as fast as each other, it is one of the others; and where they wait, they need so much more memory to be as fast that
 * it is `async`.
 */
export function costOf(contender: Contender): number {
  const memory = contender.middle(({ memoryBytes }) => memoryBytes);
  return contender.candidate.workerClass === "async" ? memory * SHARED_THREAD : memory;
}

// --- internal ---

/** How much better another may still be, in 19 of 20 cases, when the decision counts as clear: about 8 %. */
const CLEAR = 0.08;

const SHARED_THREAD = 4 / 3;
