/**
 * The body of an answer on its way into a stream: a little at a time, so that it can be told how far the client has taken it, and what one that takes
 * nothing makes us keep is known. One that is given to Node and not taken within `write_timeout` ends the stream.
 */

import { performance } from "node:perf_hooks"; // not the global, which is a getter
import type { ServerHttp2Stream } from "node:http2";
import type { DeadlineQueue, Timed } from "../deadlines.ts";
import { byteLength } from "../engine-exchange.ts";

/** What all streams of a session have in common. */
export interface Session {
  /** Bytes of bodies that the connection has taken, in all. */
  readonly taken: number;
  readonly writeQueue: DeadlineQueue;
}

/** Whose body it is. */
export interface Sender {
  /** All is taken after `write` returned false. */
  drained(): void;
  /** The client takes nothing. */
  takesNothing(): void;
}

export class Outbox implements Timed {
  deadline = 0;
  queue: DeadlineQueue | null = null;
  before: Timed | null = null;
  after: Timed | null = null;

  readonly #stream: ServerHttp2Stream;
  readonly #session: Session;
  readonly #sender: Sender;
  readonly #waiting: Uint8Array[] = [];
  /** Bytes that the session has not taken, those under way included. */
  #queued = 0;
  #underWay = 0;
  #full = false;
  #ends = false;
  /** What the session had taken when the piece under way was last looked at, and how often its client was given more time. */
  #takenThen = 0;
  #excuses = 0;

  constructor(stream: ServerHttp2Stream, session: Session, sender: Sender) {
    this.#stream = stream;
    this.#session = session;
    this.#sender = sender;
  }

  /** All of a body, which has that many bytes. */
  whole(body: string | Uint8Array, length: number): void {
    if (length > PIECE) {
      this.write(body);
      return this.end();
    }
    this.#give(length);
    this.#stream.end(body);
  }

  /** False: enough for now. */
  write(chunk: string | Uint8Array): boolean {
    this.#queued += byteLength(chunk);
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    if (bytes.byteLength <= PIECE) this.#waiting.push(bytes);
    else for (let at = 0; at < bytes.byteLength; at += PIECE) this.#waiting.push(bytes.subarray(at, at + PIECE));
    if (this.#underWay === 0) this.#pump();
    this.#full = this.#queued > HIGH_WATER;
    return !this.#full;
  }

  /** Nothing more comes. */
  end(): void {
    this.#ends = true;
    if (this.#queued === 0) this.#stream.end();
  }

  /** What is under way is taken, or the stream is no more. */
  settle(): void {
    this.queue?.disarm(this);
    this.#underWay = 0;
  }

  /**
   * It was not taken within `write_timeout`. That is excused a few times while the client takes what others have: the line is slow then, or the others
   * come first.
   */
  expired(): void {
    const moves = this.#session.taken - this.#takenThen >= PIECE;
    if (!moves || this.#excuses === MOST_EXCUSES) return this.#sender.takesNothing();
    this.#excuses++;
    this.#wait();
  }

  // --- internal ---

  #give(bytes: number): void {
    this.#underWay = bytes;
    this.#excuses = 0;
    this.#wait();
  }

  #wait(): void {
    this.#takenThen = this.#session.taken;
    this.#session.writeQueue.arm(this, performance.now());
  }

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
    this.#give(bytes);
    stream.write(count === 1 ? pieces[0] : Buffer.concat(pieces), this.#taken);
  }

  readonly #taken = (error?: Error | null): void => {
    if (error) return; // the stream is no more, and says so itself
    this.#queued -= this.#underWay;
    this.settle();
    if (this.#queued > 0) return this.#pump();
    if (this.#ends) this.#stream.end();
    else if (this.#full) {
      this.#full = false;
      this.#sender.drained();
    }
  };
}

// --- internal ---

/** What a stream is given at once. */
const PIECE = 32 * 1024;

/** So much may wait before whoever writes should stop. */
const HIGH_WATER = 64 * 1024;

const MOST_EXCUSES = 5;
