/**
 * Tells workers, in their slots, whether somebody else has the listening sockets as well. They need to know if this master dies without a word: what
 * they do not accept is lost then, or it is not theirs.
 */

import type { Extension, MasterContext } from "./extension.ts";

export class Sharing implements Extension {
  readonly name = "sharing of sockets";
  readonly #master: MasterContext;

  constructor(master: MasterContext) {
    this.#master = master;
  }

  tick(): void {
    const shared = this.#master.listeners?.shared === true ? 1 : 0;
    for (const worker of this.#master.pool.workers) worker.slot.set("listenersShared", shared);
  }
}
