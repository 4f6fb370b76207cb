/** The heap of a thread that has nothing to do: gives back what it took under load. */

import { native } from "../../native.ts";

export class IdleHeap {
  /** What it had when it had last been shrunk. */
  #least = 0;

  /**
   * Has V8 collect in small steps, and once more if the thread is still `idle` then: the second collection moves together what the first has left scattered.
   * Not if that would bring little, or cost much: of large heaps the last step, which moves objects, takes longer than a request should wait.
   */
  shrink(idle: () => boolean): void {
    const { heapTotal, heapUsed } = process.memoryUsage();
    if (heapUsed > MOST || heapTotal < this.#least + WORTHWHILE || !native().shrinkHeap()) return;
    const settled = (): void => void (this.#least = process.memoryUsage().heapTotal);
    const again = (): void => {
      if (idle()) native().shrinkHeap();
      setTimeout(settled, STEPS_MS).unref();
    };
    setTimeout(again, STEPS_MS).unref();
  }
}

// --- internal ---

const MIB = 2 ** 20;
const MOST = 32 * MIB;
const WORTHWHILE = 1.5 * MIB;

/** By then all steps of a collection are done, as a rule. If not, another one is not begun. */
const STEPS_MS = 250;
