/** The heap of a thread that has nothing to do: gives back what it took under load. */

import { getHeapStatistics } from "node:v8";

import { native } from "../../native.ts";

export class IdleHeap {
  /** What it had when it had last been shrunk. */
  #least = 0;

  /**
   * Has V8 collect in small steps, and again while the thread is `idle` and there are holes: a collection moves together only what the one before has left
   * scattered. Not if that would bring little, or cost much: of large heaps the last step, which moves objects, takes longer than a request should wait.
   */
  shrink(idle: () => boolean): void {
    const { used, resident } = heap();
    if (used > MOST || resident < this.#least + WORTHWHILE || !native().shrinkHeap()) return;
    let collections = 1;
    const next = (): void => {
      const { used, resident } = heap();
      this.#least = resident;
      if (!idle() || collections >= COLLECTIONS || (collections > 1 && resident - used < HOLES)) return;
      collections++;
      native().shrinkHeap();
      setTimeout(next, STEPS_MS).unref();
    };
    setTimeout(next, STEPS_MS).unref();
  }
}

// --- internal ---

const MIB = 2 ** 20;
const MOST = 32 * MIB;
const WORTHWHILE = MIB / 2;

/** One without any has 0.3 to 0.5 MiB that is not in use, at the ends of its spaces. */
const HOLES = 0.75 * MIB;
const COLLECTIONS = 4;

/** By then all steps of a collection are done, as a rule. If not, another one is not begun. */
const STEPS_MS = 250;

/** V8's figure of what it has reserved does not tell: the room for new objects is in it whether it was used or not. */
function heap(): { used: number; resident: number } {
  const { used_heap_size: used, total_physical_size: resident } = getHeapStatistics();
  return { used, resident };
}
