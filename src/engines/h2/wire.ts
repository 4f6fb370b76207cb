/**
 * The connection as Node's HTTP/2 session sees it: what passes goes through JavaScript, so that a frame of ours can be put between two of the session's.
 * Node has no other way to say that we are about to leave while streams are still taken: after a GOAWAY of its own nghttp2 drops all that is new.
 */

import { Duplex } from "node:stream";

type Callback = (error?: Error | null) => void;

export class Wire extends Duplex {
  readonly #socket: Duplex;
  #deaf = false;

  constructor(socket: Duplex) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      if (this.#deaf || !this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  /** The session writes whole frames, and all that it has at a time as one list of pieces, so this comes between two of them. */
  inject(frame: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(frame);
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
    this.#socket.write(chunk, callback);
  }

  override _writev(pieces: { chunk: Buffer }[], callback: Callback): void {
    // TLS would put them together itself, at the price of a request for each.
    this.#socket.write(Buffer.concat(pieces.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: Callback): void {
    this.#socket.end(callback);
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#socket.destroy();
    callback(error);
  }
}

/** GOAWAY with the largest stream that a client can open: it may end what it has, and is to begin nothing more here (RFC 9113 §6.8). */
export const LEAVING: Uint8Array = Buffer.from([
  ...[0, 0, 8, 7, 0, 0, 0, 0, 0], // length, type, flags, stream
  ...[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0], // last stream, NO_ERROR
]);
