/** The request body between engine and application: a queue of bytes with a bound. */

import type { BodySink, Exchange, HeaderList } from "../../http/exchange.ts";

/** Fills from an exchange; stops it while more than `limit` bytes wait here. */
export class BodyQueue implements BodySink {
  /** Bytes waiting. */
  size = 0;
  /** The end of the body has arrived; what waits is the last of it. */
  complete = false;
  /** Why the body will never be complete. */
  error: Error | null = null;
  trailers: HeaderList = [];
  /** More bytes than this stop the flow. */
  limit: number;
  /** Something arrived: bytes, the end, or an error. */
  onChange: (() => void) | null = null;

  readonly #exchange: Exchange;
  #requested = false;
  #paused = false;
  #chunks: Uint8Array[] = [];
  /** The first chunk that is not used up, and how much of it is. */
  #at = 0;
  #offset = 0;
  /** Behind the last chunk, when that holds copies of small ones: the room left after it. */
  #room = NO_ROOM;

  constructor(exchange: Exchange, limit: number) {
    this.#exchange = exchange;
    this.limit = limit;
    if (!exchange.hasBody) this.complete = true;
  }

  /** Asks for the body, or for more of it if it was stopped. */
  flow(): void {
    if (!this.#requested) {
      this.#requested = true;
      if (!this.complete) this.#exchange.readBody(this);
    } else if (this.#paused) {
      this.#paused = false;
      this.#exchange.resumeBody();
    }
  }

  /** Takes up to `count` bytes, or all that wait if it is negative. */
  take(count: number): Buffer {
    const size = count < 0 || count > this.size ? this.size : count;
    const first = this.#chunks[this.#at];
    if (size === 0 || first === undefined) return Buffer.alloc(0);
    if (first.length - this.#offset >= size) return this.#takeFirst(first, size);
    const joined = Buffer.allocUnsafe(size);
    let filled = 0;
    while (filled < size) {
      const chunk = this.#chunks[this.#at]!;
      const part = this.#takeFirst(chunk, Math.min(size - filled, chunk.length - this.#offset));
      joined.set(part, filled);
      filled += part.length;
    }
    return joined;
  }

  /** Takes what waits of one chunk, as it came. */
  takeChunk(): Buffer {
    const first = this.#chunks[this.#at];
    return first === undefined ? Buffer.alloc(0) : this.#takeFirst(first, first.length - this.#offset);
  }

  /** How many bytes it is to the end of the first line, its "\n" included, not looking at the first `from`; -1 if no line ends here yet. */
  lineLength(from = 0): number {
    let passed = 0;
    for (let i = this.#at; i < this.#chunks.length; i++) {
      const chunk = this.#chunks[i]!;
      const start = i === this.#at ? this.#offset : 0;
      const length = chunk.length - start;
      if (passed + length > from) {
        const found = chunk.indexOf(LINE_FEED, start + Math.max(0, from - passed));
        if (found >= 0) return passed + found - start + 1;
      }
      passed += length;
    }
    return -1;
  }

  // --- BodySink ---

  data(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.size += chunk.length;
    if (chunk.length > SMALL) {
      this.#room = NO_ROOM;
      this.#chunks.push(chunk);
    } else {
      this.#gather(chunk);
    }
    if (this.size > this.limit && !this.#paused) {
      this.#paused = true;
      this.#exchange.pauseBody();
    }
    this.onChange?.();
  }

  end(trailers: HeaderList): void {
    this.complete = true;
    this.trailers = trailers;
    this.onChange?.();
  }

  fail(error: Error): void {
    this.error = error;
    this.onChange?.();
  }

  // --- internal ---

  /** Small chunks are copied together: a body sent byte by byte would cost a hundred times its size otherwise. */
  #gather(chunk: Uint8Array): void {
    const last = this.#chunks.at(-1);
    if (last !== undefined && this.#at < this.#chunks.length && this.#room.length >= chunk.length) {
      this.#room.set(chunk);
      this.#chunks[this.#chunks.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + chunk.length);
      this.#room = this.#room.subarray(chunk.length);
      return;
    }
    const block = Buffer.allocUnsafeSlow(GATHERED);
    block.set(chunk);
    this.#chunks.push(block.subarray(0, chunk.length));
    this.#room = block.subarray(chunk.length);
  }

  #takeFirst(chunk: Uint8Array, count: number): Buffer {
    const start = this.#offset;
    this.size -= count;
    this.#offset += count;
    if (this.#offset === chunk.length) this.#dropFirst();
    return Buffer.from(chunk.buffer, chunk.byteOffset + start, count);
  }

  #dropFirst(): void {
    this.#offset = 0;
    this.#chunks[this.#at] = NO_ROOM;
    this.#at++;
    if (this.#at === this.#chunks.length) {
      this.#chunks = [];
      this.#at = 0;
      this.#room = NO_ROOM;
    } else if (this.#at >= 1024) {
      this.#chunks.splice(0, this.#at);
      this.#at = 0;
    }
  }
}

const LINE_FEED = 10;
const SMALL = 1024;
const GATHERED = 16 * 1024;
const NO_ROOM = new Uint8Array(0);
