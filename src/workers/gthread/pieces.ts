/** A large body cut into pieces of memory of their own, to be moved to another thread: copied once, text straight into UTF-8. One that is nobody else's moves as it is. */

import type { HeaderList } from "../../http/exchange.ts";
import { headerValue } from "../../http/headers.ts";
import { OwnBytes } from "../../http/own-bytes.ts";
import { INLINE_BODY } from "./messages.ts";

export class Pieces {
  #rest: string | Uint8Array;

  constructor(body: string | Uint8Array) {
    this.#rest = body;
  }

  get done(): boolean {
    return this.#rest.length === 0;
  }

  /** At most INLINE_BODY bytes, unless they move as they are. */
  next(): Uint8Array<ArrayBuffer> {
    const rest = this.#rest;
    if (rest instanceof OwnBytes) {
      this.#rest = "";
      return rest;
    }
    const memory = Buffer.allocUnsafeSlow(INLINE_BODY);
    if (typeof rest === "string") {
      const { read, written } = UTF8.encodeInto(rest, memory);
      this.#rest = rest.slice(read);
      return memory.subarray(0, written);
    }
    const length = Math.min(rest.length, INLINE_BODY);
    memory.set(rest.subarray(0, length));
    this.#rest = rest.subarray(length);
    return memory.subarray(0, length);
  }
}

/** The main thread will not see the body that the length is of. */
export function withLength(headers: HeaderList, length: number): HeaderList {
  if (length <= 0 || headerValue(headers, "content-length") !== undefined) return headers;
  return [...headers, "Content-Length", String(length)];
}

// --- internal ---

const UTF8 = new TextEncoder();
