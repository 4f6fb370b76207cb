/** TLS connections behind the calls of the addon's streams: small integer ids, one callback, writes of which it is known when the kernel has them. */

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { constants } from "node:os";
import { Readable } from "node:stream";

import { native, StreamEvent } from "../../native.ts";
import type { OnStreamEvent, Transport } from "../llhttp/transport.ts";
import { nextPiece, piecesOf, textOf } from "./pieces.ts";

/** A TLS connection whose handshake is done, and what is under it. */
export interface SecureSocket {
  readonly socket: TLSSocket;
  readonly raw: Socket;
  readonly fd: number;
  /** "" on unix sockets. */
  readonly address: string;
}

export class TlsStreams implements Transport {
  /** Whatever was read last: pieces of the sockets' own, not copied once more. */
  readBuffer: Uint8Array = NOTHING;
  readonly #onEvent: OnStreamEvent;
  readonly #entries: (Entry | null)[] = [];
  readonly #free: number[] = [];

  constructor(onEvent: OnStreamEvent) {
    this.#onEvent = onEvent;
    setInterval(() => this.#findDead(), LOOK_MS).unref();
  }

  /** Takes the connection, paused. Returns its id. */
  take(secure: SecureSocket): number {
    const id = this.#free.pop() ?? this.#entries.length;
    const entry = new Entry(secure, id, (error) => this.#written(entry, error));
    this.#entries[id] = entry;
    const { socket } = entry;
    socket.pause();
    // What is read comes to us by the shortest way, which is a tenth of a small request, unless the socket has to keep it, or still keeps something older.
    socket.push = (chunk: Buffer | null): boolean => {
      if (chunk === null || !entry.flows || socket.readableLength > 0) return push.call(socket, chunk);
      this.#received(entry, chunk);
      return true;
    };
    const on = (event: string, listener: Listener): void => {
      entry.listeners.push([event, listener]);
      socket.on(event, listener);
    };
    on("data", (chunk: Buffer) => this.#received(entry, chunk));
    on("end", () => (isDead(entry) ? socket.destroy() : this.#onEvent(id, StreamEvent.END, 0)));
    on("error", (error: NodeJS.ErrnoException) => (entry.errno = Math.abs(error.errno ?? 0)));
    on("close", () => {
      this.#forget(entry);
      this.#onEvent(id, StreamEvent.ERROR, entry.errno || constants.errno.ECONNRESET);
    });
    return id;
  }

  /** What is here comes by itself: nothing is read ahead of it. */
  receive(): number {
    return -constants.errno.EAGAIN;
  }

  pause(id: number): void {
    const entry = this.#entry(id);
    entry.flows = false;
    entry.socket.pause();
  }

  resume(id: number): void {
    const entry = this.#entry(id);
    entry.flows = true;
    entry.socket.resume();
  }

  write(id: number, head: string, body: string | Uint8Array | null, tail = ""): number {
    const entry = this.#entry(id);
    const text = entry.queued === 0 ? textOf(head, body, tail) : null;
    if (text !== null) {
      entry.queued = text.length;
      this.#give(entry, text);
      return entry.queued;
    }
    for (const piece of piecesOf(head, body, tail)) {
      entry.queue.push(piece);
      entry.queued += piece.length;
    }
    if (entry.writing === 0) this.#give(entry, nextPiece(entry.queue));
    return entry.queued;
  }

  queued(id: number): number {
    return this.#entry(id).queued;
  }

  readable(id: number): boolean {
    const { socket, fd } = this.#entry(id);
    return !socket.destroyed && (socket.readableLength > 0 || native().isReadable(fd));
  }

  shutdown(id: number): void {
    const entry = this.#entry(id);
    if (entry.queued === 0) entry.socket.end();
    else entry.ending = true;
  }

  close(id: number, reset = false): void {
    const entry = this.#entry(id);
    const { socket, raw } = entry;
    this.#forget(entry);
    if (!reset && entry.queued === 0 && !socket.destroyed) return farewell(socket);
    const end = (): void => {
      if (reset && entry.address !== "" && !raw.destroyed) raw.resetAndDestroy();
      socket.destroy();
    };
    const waiting = entry.queued - entry.writing;
    if (waiting === 0 || waiting > MOST_LAST_WORDS || socket.destroyed) return end();
    // A plain connection would have these in the kernel by now.
    setTimeout(end, LAST_WORDS_MS).unref();
    socket.write(Buffer.concat(entry.queue), end);
  }

  release(id: number): TLSSocket {
    const entry = this.#entry(id);
    if (entry.queued > 0) throw new Error("something is queued");
    this.#forget(entry);
    // As Node's own server hands sockets out: it flows once somebody listens, whatever it did before.
    (entry.socket as { readableFlowing: boolean | null }).readableFlowing = null;
    entry.socket.off("error", ignore);
    return entry.socket;
  }

  // --- internal ---

  #entry(id: number): Entry {
    const entry = this.#entries[id];
    if (!entry) throw new Error(`there is no connection ${id}`);
    return entry;
  }

  #forget(entry: Entry): void {
    for (const [event, listener] of entry.listeners.splice(0)) entry.socket.off(event, listener);
    entry.flows = false;
    entry.socket.push = push; // deleting it would make the socket slow
    entry.socket.on("error", ignore);
    this.#entries[entry.id] = null;
    this.#free.push(entry.id);
  }

  #received(entry: Entry, chunk: Buffer): void {
    this.readBuffer = chunk;
    this.#onEvent(entry.id, StreamEvent.READ, chunk.length);
    this.readBuffer = NOTHING;
  }

  /** One piece at a time: encrypting all of a large body at once would take its size once more, and a slow client's progress could not be told. */
  #give(entry: Entry, piece: Uint8Array | string): void {
    entry.writing = piece.length;
    if (typeof piece === "string") entry.socket.write(piece, "latin1", entry.written);
    else entry.socket.write(piece, entry.written);
  }

  #written(entry: Entry, error: Error | null | undefined): void {
    if (error || this.#entries[entry.id] !== entry) return; // 'close' tells
    entry.queued -= entry.writing;
    entry.writing = 0;
    if (entry.queued > 0) return this.#give(entry, nextPiece(entry.queue));
    if (entry.ending) entry.socket.end();
    this.#onEvent(entry.id, StreamEvent.DRAIN, 0);
  }

  /**
   * A client that resets its connection right after the handshake makes Node's own last write of that fail, of which it tells nobody; every write after it
   * waits for ever, and the reset is taken for an end of input.
   */
  #findDead(): void {
    for (const entry of this.#entries) if (entry !== null && entry.writing > 0 && isDead(entry)) entry.socket.destroy();
  }
}

// --- internal ---

class Entry implements SecureSocket {
  readonly socket: TLSSocket;
  readonly raw: Socket;
  readonly fd: number;
  readonly address: string;
  readonly id: number;
  readonly written: (error?: Error | null) => void;
  readonly listeners: [event: string, listener: Listener][] = [];
  /** Not yet given to the socket. */
  readonly queue: Uint8Array[] = [];
  /** Bytes in the queue and in the write under way. */
  queued = 0;
  /** Of the write under way; 0: there is none. */
  writing = 0;
  /** What is read is wanted. */
  flows = false;
  /** `shutdown` was asked for. */
  ending = false;
  errno = 0;

  constructor({ socket, raw, fd, address }: SecureSocket, id: number, written: (error?: Error | null) => void) {
    this.socket = socket;
    this.raw = raw;
    this.fd = fd;
    this.address = address;
    this.id = id;
    this.written = written;
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- what an event brings depends on its name
type Listener = (value: any) => void;

const NOTHING = new Uint8Array(0);

/** How long a client may take to take our goodbye. */
const FAREWELL_MS = 2000;

/** What is sent before a connection is cut, if it could not be sent yet: in bytes, and for how long it is tried. */
const MOST_LAST_WORDS = 64 * 1024;
const LAST_WORDS_MS = 500;

/** How often connections with a write under way are looked at. */
const LOOK_MS = 500;

const { push } = Readable.prototype;

function ignore(): void {}

/** The kernel has no connection behind the descriptor any more. */
function isDead({ socket, fd, address }: Entry): boolean {
  if (address === "" || socket.destroyed) return false;
  try {
    native().peerName(fd);
    return false;
  } catch {
    return true;
  }
}

/** Says goodbye (close_notify) and closes. */
function farewell(socket: TLSSocket): void {
  socket.setTimeout(FAREWELL_MS, () => socket.destroy());
  socket.destroySoon();
}
