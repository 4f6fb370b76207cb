/**
 * The connection as Node's HTTP/2 session sees it: what passes goes through JavaScript, so that a frame of ours can be put between two of the session's,
 * and what nghttp2 refuses by itself, of which Node tells nobody, is seen on its way out.
 * Node has no other way to say that we are about to leave while streams are still taken: after a GOAWAY of its own nghttp2 drops all that is new.
 */

import { performance } from "node:perf_hooks"; // not the global, which is a getter
import { Duplex } from "node:stream";
import { FrameWatch, type Sightings } from "./frame-watch.ts";

type Callback = (error?: Error | null) => void;

export class Wire extends Duplex {
  /** Since when the connection has taken nothing of what it was given, by the clock of `performance`; 0: nothing waits. */
  waitingSince = 0;
  /** Bytes of answers that it has taken, in all. */
  taken = 0;
  readonly #socket: Duplex;
  readonly #watch: FrameWatch;
  #deaf = false;
  /** What the session has written last, how far it is given to the connection, and whom to tell when all of it is taken. */
  #writing: Uint8Array = NOTHING;
  #given = 0;
  #written: Callback = ignore;
  /** Frames of ours that wait for the end of that. */
  readonly #after: Uint8Array[] = [];

  constructor(socket: Duplex, sightings: Sightings) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#watch = new FrameWatch(sightings);
    socket.on("data", (chunk: Buffer) => {
      if (this.#deaf || !this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  /** The session writes whole frames, and all that it has at a time as one list of pieces, so this comes between two of them. */
  inject(frame: Uint8Array): void {
    if (!this.#socket.writable) return;
    // Large writes are given a piece at a time: it has to wait for the end of them.
    if (this.#given < this.#writing.byteLength) this.#after.push(frame);
    else this.#socket.write(frame);
  }

  /** From here on nothing is heard of the client. */
  turnDeaf(): void {
    this.#deaf = true;
    this.#socket.pause();
  }

  override _read(): void {
    if (!this.#deaf) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#send(chunk, callback);
  }

  override _writev(pieces: { chunk: Buffer }[], callback: Callback): void {
    // TLS would put them together itself, at the price of a request for each.
    this.#send(Buffer.concat(pieces.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: Callback): void {
    this.#socket.end(callback);
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.waitingSince = 0;
    this.#socket.destroy();
    callback(error);
  }

  // --- internal ---

  #send(bytes: Uint8Array, callback: Callback): void {
    this.#watch.pass(bytes);
    this.#writing = bytes;
    this.#given = 0;
    this.#written = callback;
    this.#give();
  }

  /** A little at a time: TLS encrypts all that it is given at once, and says nothing of how far the client has come. */
  #give(): void {
    const from = this.#given;
    const to = Math.min(this.#writing.byteLength, from + PIECE);
    this.#given = to;
    this.waitingSince = performance.now();
    const whole = from === 0 && to === this.#writing.byteLength;
    this.#socket.write(whole ? this.#writing : this.#writing.subarray(from, to), this.#taken);
    if (to < this.#writing.byteLength) return;
    for (const frame of this.#after.splice(0)) this.#socket.write(frame);
  }

  readonly #taken = (error?: Error | null): void => {
    this.waitingSince = 0;
    if (!error && this.#given < this.#writing.byteLength) {
      this.taken = Math.min(this.#watch.dataBytes, this.taken + PIECE);
      return this.#give();
    }
    this.#writing = NOTHING;
    this.#given = 0;
    this.taken = this.#watch.dataBytes;
    this.#written(error);
  };
}

/** GOAWAY with the largest stream that a client can open: it may end what it has, and is to begin nothing more here (RFC 9113 §6.8). */
export const LEAVING: Uint8Array = Buffer.from([
  ...[0, 0, 8, 7, 0, 0, 0, 0, 0], // length, type, flags, stream
  ...[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0], // last stream, NO_ERROR
]);

// --- internal ---

const PIECE = 64 * 1024;

const NOTHING = new Uint8Array(0);

function ignore(): void {}
