/**
 * An answer without a declared length. uWebSockets keeps what the kernel does not take, without bound, and tells of each write only whether everything is sent.
 * So while it keeps something, a byte of the next piece is written to see whether it still does, and the rest of it waits here.
 *
 * And it loses what the kernel does not take at a certain time: it collects writes in 16 KiB, and a piece that is too much for those is forgotten if the kernel,
 * when it is given them first, does not take them all. So a piece that may be too much is written only where the kernel has room, or else in slices, each
 * collected alone. On unix sockets every answer to a slow client would lose something; on TCP one does now and then.
 */

import type { UwsResponse } from "./binding.ts";
import { bytesOf } from "./fixed-body.ts";
import { sendKept } from "./reading.ts";

/** With its frame it is less than uWebSockets collects. */
const SLICE = 8 * 1024;

export class ChunkedBody {
  readonly #res: UwsResponse;
  readonly #kernelHasRoom: () => boolean;
  readonly #onRoom: () => void;
  #watches = false;
  /** uWebSockets keeps something, as far as is known. */
  #blocked = false;
  readonly #queue: Uint8Array[] = [];

  /** `onRoom` is called when the kernel takes more: time to `resume`. */
  constructor(res: UwsResponse, kernelHasRoom: () => boolean, onRoom: () => void) {
    this.#res = res;
    this.#kernelHasRoom = kernelHasRoom;
    this.#onRoom = onRoom;
  }

  /** Something is queued. */
  get waits(): boolean {
    return this.#queue.length > 0;
  }

  /** False: the client does not take it all now. */
  write(chunk: string | Uint8Array): boolean {
    if (!this.waits && !this.#blocked) {
      if (this.#kernelHasRoom()) return this.#send(chunk);
      // Now uWebSockets may be collecting, as it does while it reads, and has something already.
      setImmediate(this.#onRoom);
    }
    this.#queue.push(bytesOf(chunk));
    return false;
  }

  /** True if nothing is queued any more. Not while uWebSockets reads. */
  resume(): boolean {
    for (let most = 1; this.waits; most = SLICE) {
      sendKept(this.#res);
      const first = this.#queue.shift()!;
      const piece = this.#kernelHasRoom() ? first : first.subarray(0, most);
      if (piece.length < first.length) this.#queue.unshift(first.subarray(piece.length));
      if (!this.#sendAlone(piece)) return false;
    }
    sendKept(this.#res);
    this.#blocked = false;
    return true;
  }

  /** Gives uWebSockets all that is left, for the answer ends. Not while it reads, unless nothing waits. */
  flush(): void {
    for (const piece of this.#queue.splice(0)) {
      for (let at = 0; at < piece.length; at += SLICE) this.#sendAlone(piece.subarray(at, at + SLICE));
    }
  }

  // --- internal ---

  #sendAlone(piece: Uint8Array): boolean {
    let sent = true;
    this.#res.cork(() => (sent = this.#send(piece)));
    return sent;
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
