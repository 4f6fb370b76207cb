/** Lines on their way to a file: as text while they are few, then as bytes, in areas that many lines share. */

export class LineBuffer {
  /** Lines held. */
  lines = 0;
  /** Bytes of those that are encoded. */
  bytes = 0;

  /** The latest lines. They are encoded many at a time, but a string put together of a thousand lines is slow to encode. */
  #text = "";
  readonly #fullAreas: Buffer[] = [];
  /** Is being filled, up to `#filled`: to make a buffer of each text costs as much as to encode it. */
  #area = NO_AREA;
  #filled = 0;

  /** What is held, in bytes if it is ASCII. */
  get size(): number {
    return this.bytes + this.#text.length;
  }

  /** True if `line` is one too many for the text, which `encode()` empties. */
  isFull(line: string): boolean {
    return this.#text.length + line.length >= TEXT;
  }

  /** Adds a line; its end is added here. */
  add(line: string): void {
    this.#text += line + "\n";
    this.lines++;
  }

  encode(): void {
    if (this.#text === "") return;
    const most = MOST_BYTES * this.#text.length;
    if (this.#area.length - this.#filled < most) {
      if (this.#filled > 0) this.#fullAreas.push(this.#area.subarray(0, this.#filled));
      this.#area = Buffer.allocUnsafeSlow(Math.max(AREA, most));
      this.#filled = 0;
    }
    const bytes = this.#area.write(this.#text, this.#filled);
    this.#filled += bytes;
    this.bytes += bytes;
    this.#text = "";
  }

  /** All that is held, in order; then nothing is. */
  take(): Buffer {
    this.encode();
    const last = this.#area.subarray(0, this.#filled);
    const all = this.#fullAreas.length === 0 ? last : Buffer.concat([...this.#fullAreas, last]);
    this.#fullAreas.length = 0;
    // What has been handed out is never written to again; the rest of its area is for what comes next.
    this.#area = this.#area.subarray(this.#filled);
    this.#filled = 0;
    this.lines = 0;
    this.bytes = 0;
    return all;
  }
}

/** What a pipe takes in one piece, so that workers sharing one do not mix lines: it gets all there is when this is full. */
export const TEXT = 4096;

// --- internal ---

/** Some texts, and room for the worst that the last one may need. */
const AREA = 20 * TEXT;
const NO_AREA = Buffer.alloc(0);

/** Of a UTF-16 unit in UTF-8. */
const MOST_BYTES = 3;
