/**
 * An answer without a declared length. uWebSockets keeps what the kernel does not take, without bound, and tells of each write only whether everything is sent.
 * So while it keeps something, a byte of the next piece is written to see whether it still does, and the rest of it waits here.
 */

import type { UwsResponse } from "./binding.ts";
import { bytesOf } from "./fixed-body.ts";
import { sendKept } from "./reading.ts";

export class ChunkedBody {
  readonly #res: UwsResponse;
  readonly #onRoom: () => void;
  #watches = false;
  /** uWebSockets keeps something, as far as is known. */
  #blocked = false;
  readonly #queue: Uint8Array[] = [];

  /** `onRoom` is called when the kernel takes more: time to `resume`. */
  constructor(res: UwsResponse, onRoom: () => void) {
    this.#res = res;
    this.#onRoom = onRoom;
  }

  /** False: the client does not take it all now. */
  write(chunk: string | Uint8Array): boolean {
    if (!this.#blocked) return this.#send(chunk);
    this.#queue.push(bytesOf(chunk));
    return this.#queue.length === 1 && this.#sendQueue();
  }

  /** True if nothing is queued any more. Not while uWebSockets reads. */
  resume(): boolean {
    sendKept(this.#res);
    let done = true;
    this.#res.cork(() => (done = this.#sendQueue()));
    return done;
  }

  /** Gives uWebSockets all that is left, for the answer ends. */
  flush(): void {
    for (const piece of this.#queue.splice(0)) this.#res.write(piece);
  }

  #sendQueue(): boolean {
    while (this.#queue.length > 0) {
      const first = this.#queue.shift()!;
      const piece = this.#blocked ? first.subarray(0, 1) : first;
      if (piece.length < first.length) this.#queue.unshift(first.subarray(1));
      if (!this.#send(piece)) return false;
    }
    return true;
  }

  #send(chunk: string | Uint8Array): boolean {
    this.#blocked = !this.#res.write(chunk);
    if (this.#blocked && !this.#watches) {
      this.#watches = true;
      this.#res.onWritable(() => {
        this.#onRoom();
        return true;
      });
    }
    return !this.#blocked;
  }
}
