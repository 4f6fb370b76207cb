/** The table of a worker's requests in flight: written before the app is called, so that it outlives a hung or dead worker. */

import { FIELD, Row } from "./scoreboard-layout.ts";

/** What a row keeps of a request; the Exchange has all of it. */
export interface RowSource {
  readonly method: string;
  readonly target: string;
  readonly peer: { readonly remoteAddress: string; readonly remotePort: number };
}

/** A row as read from another process. */
export interface RequestInFlight {
  readonly id: number;
  readonly since: number;
  readonly method: string;
  /** At most 112 characters; ends in "…" when cut. */
  readonly target: string;
  readonly peer: string;
}

export class RequestRows {
  readonly #bytes: Uint8Array;
  readonly #doubles: Float64Array;
  readonly #fields: Float64Array;
  /** Indexes of free rows, a stack with the lowest on top: few rows are in use, and those stay in the cache. */
  #free: Int32Array | null = null;
  #top = 0;
  readonly #capacity: number;
  /** What the rows hold from before: one that is taken again mostly holds the right method and peer already. */
  readonly #methods: string[] = [];
  readonly #peers: RowSource["peer"][] = [];

  constructor(buffer: ArrayBuffer, offset: number, capacity: number, fields: Float64Array) {
    this.#capacity = capacity;
    this.#fields = fields;
    this.#bytes = new Uint8Array(buffer, offset, capacity * Row.SIZE);
    this.#doubles = new Float64Array(buffer, offset, (capacity * Row.SIZE) / 8);
  }

  /** Writes a request into a free row and returns the row, or -1 when all are taken. */
  take(source: RowSource, id: number, now: number): number {
    this.#free ??= this.#allFree();
    if (this.#top === 0) {
      this.#fields[FIELD.rowOverflow]!++;
      return -1;
    }
    const row = this.#free[--this.#top]!;
    if (row >= this.#fields[FIELD.rowsTouched]!) this.#fields[FIELD.rowsTouched] = row + 1;
    const base = row * Row.SIZE;
    const bytes = this.#bytes;
    const { method, target, peer } = source;
    if (this.#methods[row] !== method) {
      this.#methods[row] = method;
      bytes[base + Row.METHOD_LENGTH] = put(bytes, base + Row.METHOD, method, Row.METHOD_BYTES);
    }
    bytes[base + Row.TARGET_LENGTH] = put(bytes, base + Row.TARGET, target, Row.TARGET_BYTES);
    bytes[base + Row.TARGET_CUT] = target.length > Row.TARGET_BYTES ? 1 : 0;
    if (this.#peers[row] !== peer) {
      this.#peers[row] = peer;
      bytes[base + Row.PEER_LENGTH] = putPeer(bytes, base + Row.PEER, peer);
    }
    this.#doubles[(base + Row.ID) >> 3] = id;
    this.#doubles[(base + Row.SINCE) >> 3] = now;
    return row;
  }

  /** Frees a row given by `take`; -1 is ignored. */
  release(row: number): void {
    if (row < 0 || this.#free === null) return;
    this.#doubles[(row * Row.SIZE + Row.SINCE) >> 3] = 0;
    this.#free[this.#top++] = row;
  }

  /** The requests in flight, oldest first. Safe while the worker writes: a row that changes under the reader is left out. */
  list(): RequestInFlight[] {
    const found: RequestInFlight[] = [];
    for (let row = 0; row < this.#touched(); row++) {
      const entry = this.#read(row);
      if (entry !== null) found.push(entry);
    }
    return found.sort((a, b) => a.since - b.since);
  }

  /** The request in flight that began first. */
  first(): RequestInFlight | null {
    const row = this.#oldestRow();
    return row < 0 ? null : this.#read(row);
  }

  /** When the oldest request in flight began, or 0. */
  oldest(): number {
    const row = this.#oldestRow();
    return row < 0 ? 0 : this.#since(row);
  }

  // --- internal ---

  #oldestRow(): number {
    let found = -1;
    let oldest = Infinity;
    for (let row = 0; row < this.#touched(); row++) {
      const since = this.#since(row);
      if (since === 0 || since >= oldest) continue;
      found = row;
      oldest = since;
    }
    return found;
  }

  /** Null if the row is free, or changed while it was read. */
  #read(row: number): RequestInFlight | null {
    const base = row * Row.SIZE;
    const since = this.#since(row);
    if (since === 0) return null;
    const id = this.#doubles[(base + Row.ID) >> 3]!;
    const cut = this.#bytes[base + Row.TARGET_CUT] === 1 ? "…" : "";
    const entry: RequestInFlight = {
      id,
      since,
      method: this.#text(base + Row.METHOD, base + Row.METHOD_LENGTH, Row.METHOD_BYTES),
      target: this.#text(base + Row.TARGET, base + Row.TARGET_LENGTH, Row.TARGET_BYTES) + cut,
      peer: this.#text(base + Row.PEER, base + Row.PEER_LENGTH, Row.PEER_BYTES),
    };
    return this.#since(row) === since && this.#doubles[(base + Row.ID) >> 3] === id ? entry : null;
  }

  #since(row: number): number {
    return this.#doubles[(row * Row.SIZE + Row.SINCE) >> 3]!;
  }

  // The bound is the reader's own: another process may have written nonsense as it died.
  #touched(): number {
    return Math.min(this.#fields[FIELD.rowsTouched]!, this.#capacity);
  }

  #allFree(): Int32Array {
    this.#top = this.#capacity;
    return Int32Array.from({ length: this.#capacity }, (_, index) => this.#capacity - 1 - index);
  }

  #text(at: number, lengthAt: number, most: number): string {
    const length = Math.min(this.#bytes[lengthAt]!, most);
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + at, length).toString("latin1");
  }
}

// --- internal ---

// Char loops: for strings this short they beat any call into the runtime, and they allocate nothing.
function put(bytes: Uint8Array, at: number, text: string, most: number): number {
  const length = text.length < most ? text.length : most;
  for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  return length;
}

/** What `peerName` makes, but for the paths of unix sockets. */
function putPeer(bytes: Uint8Array, at: number, { remoteAddress, remotePort }: RowSource["peer"]): number {
  if (remotePort === 0) return put(bytes, at, remoteAddress || "unix", Row.PEER_BYTES);
  const bracketed = remoteAddress.includes(":");
  let length = 0;
  if (bracketed) bytes[at + length++] = 0x5b;
  length += put(bytes, at + length, remoteAddress, Row.PEER_BYTES - "[]:65535".length);
  if (bracketed) bytes[at + length++] = 0x5d;
  return putPort(bytes, at, length, remotePort);
}

function putPort(bytes: Uint8Array, at: number, length: number, port: number): number {
  let digits = 1;
  for (let rest = port; rest >= 10; rest = (rest / 10) | 0) digits++;
  bytes[at + length] = 0x3a;
  for (let i = digits, rest = port; i > 0; i--, rest = (rest / 10) | 0) bytes[at + length + i] = 0x30 + (rest % 10);
  return length + 1 + digits;
}
