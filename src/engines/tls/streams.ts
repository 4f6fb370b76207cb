/** TLS connections behind the calls of the addon's streams: small integer ids, one callback, writes of which it is known when the kernel has them. */

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { constants } from "node:os";

import { native, StreamEvent } from "../../native.ts";
import type { OnStreamEvent, Transport } from "../llhttp/transport.ts";

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
  /** Those with a write under way. */
  readonly #writing = new Set<Entry>();

  constructor(onEvent: OnStreamEvent) {
    this.#onEvent = onEvent;
    setInterval(() => this.#findDead(), LOOK_MS).unref();
  }

  /** Takes the connection, paused. Returns its id. */
  take(secure: SecureSocket): number {
    const id = this.#free.pop() ?? this.#entries.length;
    const entry: Entry = { ...secure, id, queue: [], queued: 0, writing: 0, ending: false, errno: 0, listeners: [] };
    this.#entries[id] = entry;
    const { socket } = entry;
    socket.pause();
    const on = (event: string, listener: Listener): void => {
      entry.listeners.push([event, listener]);
      socket.on(event, listener);
    };
    on("data", (chunk: Buffer) => {
      this.readBuffer = chunk;
      this.#onEvent(id, StreamEvent.READ, chunk.length);
      this.readBuffer = NOTHING;
    });
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
    this.#entry(id).socket.pause();
  }

  resume(id: number): void {
    this.#entry(id).socket.resume();
  }

  write(id: number, head: string, body: string | Uint8Array | null, tail = ""): number {
    const entry = this.#entry(id);
    for (const piece of piecesOf(head, body, tail)) {
      entry.queue.push(piece);
      entry.queued += piece.length;
    }
    if (entry.writing === 0) this.#writeMore(entry);
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
    if (reset && entry.address !== "" && !raw.destroyed) raw.resetAndDestroy();
    socket.destroy();
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
    entry.socket.on("error", ignore);
    this.#writing.delete(entry);
    this.#entries[entry.id] = null;
    this.#free.push(entry.id);
  }

  /** One piece at a time: encrypting all of a large body at once would take its size once more, and a slow client's progress could not be told. */
  #writeMore(entry: Entry): void {
    const piece = nextPiece(entry.queue);
    entry.writing = piece.length;
    this.#writing.add(entry);
    entry.socket.write(piece, (error) => {
      if (error || this.#entries[entry.id] !== entry) return; // 'close' tells
      this.#writing.delete(entry);
      entry.queued -= entry.writing;
      entry.writing = 0;
      if (entry.queued > 0) return this.#writeMore(entry);
      if (entry.ending) entry.socket.end();
      this.#onEvent(entry.id, StreamEvent.DRAIN, 0);
    });
  }

  /**
   * A client that resets its connection right after the handshake makes Node's own last write of that fail, of which it tells nobody; every write after it
   * waits for ever, and the reset is taken for an end of input.
   */
  #findDead(): void {
    for (const entry of this.#writing) if (isDead(entry)) entry.socket.destroy();
  }
}

// --- internal ---

interface Entry extends SecureSocket {
  readonly id: number;
  /** Not yet given to the socket. */
  readonly queue: Uint8Array[];
  /** Bytes in the queue and in the write under way. */
  queued: number;
  /** Of the write under way; 0: there is none. */
  writing: number;
  /** `shutdown` was asked for. */
  ending: boolean;
  errno: number;
  readonly listeners: [event: string, listener: Listener][];
}

// oxlint-disable-next-line typescript/no-explicit-any -- what an event brings depends on its name
type Listener = (value: any) => void;

const NOTHING = new Uint8Array(0);

/** Pieces of this size are encrypted and written; smaller ones are put together, so that a small answer is one record. */
const PIECE = 64 * 1024;

/** How long a client may take to take our goodbye. */
const FAREWELL_MS = 2000;

/** How often connections with a write under way are looked at. */
const LOOK_MS = 500;

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

function piecesOf(head: string, body: string | Uint8Array | null, tail: string): Uint8Array[] {
  const size = body === null ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.length;
  if (typeof body === "string" || size <= PIECE) {
    const whole = Buffer.allocUnsafe(head.length + size + tail.length);
    whole.write(head, 0, "latin1");
    if (typeof body === "string") whole.write(body, head.length, "utf8");
    else if (body !== null) whole.set(body, head.length);
    whole.write(tail, head.length + size, "latin1");
    return [whole];
  }
  return [Buffer.from(head, "latin1"), body!, Buffer.from(tail, "latin1")].filter((piece) => piece.length > 0);
}

/** Takes up to a PIECE off the queue. */
function nextPiece(queue: Uint8Array[]): Uint8Array {
  const first = queue[0]!;
  if (first.length > PIECE) {
    queue[0] = first.subarray(PIECE);
    return first.subarray(0, PIECE);
  }
  let taken = 1;
  for (let size = first.length; taken < queue.length; taken++) {
    size += queue[taken]!.length;
    if (size > PIECE) break;
  }
  const pieces = queue.splice(0, taken);
  return pieces.length === 1 ? first : Buffer.concat(pieces);
}
