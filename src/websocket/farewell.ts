/** Closing many WebSockets without having all their clients come back at once. */

import type { OpenSocket } from "./limits.ts";

export const GOING_AWAY = 1001;
export const SERVICE_RESTART = 1012;

/** The part of the time given that is used: the rest is for the closing handshakes. */
const SHARE = 0.8;
/** A few clients are no storm: no more time than this is taken for each. */
const MOST_MS_EACH = 100;

/**
 * Closes all of `sockets`, in random order and at uneven distances, within `withinMs`. Those that join the set meanwhile are for the caller. With
 * no time at all everything is closed now.
 */
export function sayFarewell(sockets: Iterable<OpenSocket>, code: number, withinMs: number): void {
  const order = shuffled([...sockets]);
  const stepMs = Math.min(MOST_MS_EACH, (withinMs * SHARE) / order.length);
  const began = performance.now();
  const next = (index: number): void => {
    for (let i = index; i < order.length; i++) {
      // Each has a slot of its own, and a random place in it.
      const dueMs = (i + Math.random()) * stepMs - (performance.now() - began);
      if (dueMs > 1) {
        setTimeout(() => {
          closeQuietly(order[i]!, code);
          next(i + 1);
        }, dueMs);
        return;
      }
      closeQuietly(order[i]!, code);
    }
  };
  next(0);
}

// --- internal ---

/** One that is closed already ignores it. */
function closeQuietly(socket: OpenSocket, code: number): void {
  socket.close(code);
}

function shuffled<Item>(items: Item[]): Item[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
