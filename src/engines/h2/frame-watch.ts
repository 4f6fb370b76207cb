/** Looks at the heads of frames that a session sends, for those by which nghttp2 ends a stream or the session. */

/** Who wants to know. */
export interface Sightings {
  /** RST_STREAM. */
  sawReset(stream: number, code: number): void;
  /** GOAWAY, with nghttp2's own words for what is wrong, or "". */
  sawGoaway(code: number, words: string): void;
}

export class FrameWatch {
  /** Bytes of bodies, so far. */
  dataBytes = 0;
  readonly #sightings: Sightings;
  /** Bytes of a frame that are still to come. */
  #rest = 0;
  #lost = false;

  constructor(sightings: Sightings) {
    this.#sightings = sightings;
  }

  /** The next bytes. Heads come in one piece, as Node writes them; were that to change, nothing more is seen, rather than something that is not there. */
  pass(bytes: Uint8Array): void {
    if (this.#lost) return;
    const end = bytes.byteLength;
    let at = this.#rest;
    while (at < end) {
      if (at + HEAD > end) return void (this.#lost = true);
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      const type = bytes[at + 3];
      if (type === DATA) this.dataBytes += length;
      else if ((type === RST_STREAM || type === GOAWAY) && at + HEAD + length <= end)
        this.#tell(type, Buffer.from(bytes.buffer, bytes.byteOffset + at, HEAD + length));
      at += HEAD + length;
    }
    this.#rest = at - end;
  }

  // --- internal ---

  #tell(type: number, frame: Buffer): void {
    if (type === RST_STREAM) this.#sightings.sawReset(frame.readUInt32BE(HEAD - 4), frame.readUInt32BE(HEAD));
    else this.#sightings.sawGoaway(frame.readUInt32BE(HEAD + 4), frame.toString("latin1", HEAD + 8));
  }
}

// --- internal ---

const HEAD = 9;
const DATA = 0;
const RST_STREAM = 3;
const GOAWAY = 7;
