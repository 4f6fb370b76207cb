/** A body of known length, sent as the client takes it: uWebSockets keeps nothing of what does not fit, so we keep it, uncopied. */

import { OwnBytes } from "../../http/own-bytes.ts";
import type { UwsResponse } from "./binding.ts";

export class FixedBody {
  /** All of it is out: the response must not be touched any more. */
  done = false;
  readonly #res: UwsResponse;
  readonly #total: number;
  /** Pieces not out yet, in order. */
  readonly #queue: Uint8Array[] = [];
  /** Write offset at which the first of the queue begins. */
  #start = 0;

  constructor(res: UwsResponse, total: number) {
    this.#res = res;
    this.#total = total;
  }

  /** False: the client does not take it all now. */
  write(chunk: Uint8Array): boolean {
    if (this.#queue.length > 0) {
      this.#queue.push(chunk);
      return false;
    }
    return this.#send(chunk);
  }

  /** The kernel has room again; `offset` bytes of the body are out. True if nothing is queued any more. */
  resume(offset: number): boolean {
    const first = this.#queue.shift();
    if (first === undefined) return true;
    if (!this.#send(first.subarray(offset - this.#start))) return false;
    while (this.#queue.length > 0) if (!this.#send(this.#queue.shift()!)) return false;
    return true;
  }

  #send(chunk: Uint8Array): boolean {
    const offset = this.#res.getWriteOffset();
    const [ok, done] = this.#res.tryEnd(chunk, this.#total);
    this.done = done;
    if (ok || done) return true;
    this.#start = offset;
    this.#queue.unshift(chunk);
    return false;
  }
}

export function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === "string" ? OwnBytes.takeOver(Buffer.from(piece)) : piece;
}
