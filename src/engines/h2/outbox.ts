/**
 * The body of an answer on its way into a stream: a little at a time, so that it can be told how far the client has taken it, and what one that takes
 * nothing makes us keep is known.
 */

import type { ServerHttp2Stream } from "node:http2";
import { byteLength } from "../engine-exchange.ts";

/** What a stream is given at once. */
export const PIECE = 32 * 1024;

/** So much may wait before whoever writes should stop. */
const HIGH_WATER = 64 * 1024;

export class Outbox {
  readonly #stream: ServerHttp2Stream;
  readonly #drained: () => void;
  readonly #waiting: Uint8Array[] = [];
  /** Bytes that the session has not taken, those under way included. */
  queued = 0;
  #underWay = 0;
  #full = false;
  #ends = false;

  /** `drained`: all is taken after `write` returned false. */
  constructor(stream: ServerHttp2Stream, drained: () => void) {
    this.#stream = stream;
    this.#drained = drained;
  }

  /** False: enough for now. */
  write(chunk: string | Uint8Array): boolean {
    this.queued += byteLength(chunk);
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    if (bytes.byteLength <= PIECE) this.#waiting.push(bytes);
    else for (let at = 0; at < bytes.byteLength; at += PIECE) this.#waiting.push(bytes.subarray(at, at + PIECE));
    if (this.#underWay === 0) this.#pump();
    this.#full = this.queued > HIGH_WATER;
    return !this.#full;
  }

  /** Nothing more comes. */
  end(): void {
    this.#ends = true;
    if (this.queued === 0) this.#stream.end();
  }

  // --- internal ---

  /** As many of the pieces that wait as make up one. */
  #pump(): void {
    const stream = this.#stream;
    let bytes = 0;
    let count = 0;
    for (const piece of this.#waiting) {
      if (count > 0 && bytes + piece.byteLength > PIECE) break;
      bytes += piece.byteLength;
      count++;
    }
    if (count === 0) return;
    const pieces = this.#waiting.splice(0, count);
    this.#underWay = bytes;
    stream.write(count === 1 ? pieces[0] : Buffer.concat(pieces), this.#taken);
  }

  readonly #taken = (error?: Error | null): void => {
    if (error) return; // the stream is no more, and says so itself
    this.queued -= this.#underWay;
    this.#underWay = 0;
    if (this.queued > 0) return this.#pump();
    if (this.#ends) this.#stream.end();
    else if (this.#full) {
      this.#full = false;
      this.#drained();
    }
  };
}
