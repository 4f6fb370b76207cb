/** The head of a streamed answer, which is held until the first piece of the body. */

import type { UwsResponse } from "./binding.ts";
import { partsOf, writeHeldHead, type HeadParts } from "./write-head.ts";

/** The part of the engine that is used. */
interface Host {
  readonly head: HeadParts;
  readonly keepsConnections: boolean;
  readonly serverHeader: string;
}

export class HeldHead {
  readonly #host: Host;
  #parts: HeadParts | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  get waits(): boolean {
    return this.#parts !== null;
  }

  /** Keeps what the engine's builder has: the next answer uses it again. */
  hold(): void {
    this.#parts = partsOf(this.#host.head);
  }

  /** Writes it, once. Null: there is nobody to write it to. True if it has to say by now that the connection ends. */
  send(res: UwsResponse | null): boolean {
    const parts = this.#parts;
    this.#parts = null;
    return parts !== null && res !== null && writeHeldHead(res, parts, this.#host);
  }

  forget(): void {
    this.#parts = null;
  }
}
