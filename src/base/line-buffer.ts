/**
 * Lines on their way to a file: as text while they are few, then as bytes, in areas that many lines share and that are used again and again. Memory
 * outside V8's heap is dear: while any of it is new, each collection wakes another thread for it, which takes the CPU of a pinned worker.
 */

export class LineBuffer {
  /** Lines held. */
  lines = 0;
  /** Bytes of those that are encoded. */
  bytes = 0;

  /** The latest lines. They are encoded many at a time, but a string put together of a thousand lines is slow to encode. */
  #text = "";
  /** Is being filled: what is held ends at `#end`, and begins at `#start` unless it begins in the areas before. */
  #area: Buffer = NO_AREA;
  #start = 0;
  #end = 0;
  /** Areas before the present one, and what of them is held. */
  readonly #before: { area: Buffer; readonly held: Buffer }[] = [];
  /** All that was in them was taken, but may not be written yet. */
  readonly #taken: Buffer[] = [];
  /** Free to be filled. */
  #spare: Buffer | null = null;

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
    if (this.#area.length - this.#end < most) this.#nextArea(most);
    const bytes = this.#area.write(this.#text, this.#end);
    this.#end += bytes;
    this.bytes += bytes;
    this.#text = "";
  }

  /** All that is held, in order; then nothing is. It stays as it is until `written()`. */
  take(): Buffer {
    this.encode();
    const last = this.#area.subarray(this.#start, this.#end);
    const all = this.#before.length === 0 ? last : Buffer.concat([...this.#before.map(({ held }) => held), last]);
    for (const { area } of this.#before.splice(0)) this.#taken.push(area);
    this.#start = this.#end;
    // The next batch would need two areas, and be put together of them.
    if (this.#end > AREA - FULL_BATCH - ROOM) this.#leaveArea();
    this.lines = 0;
    this.bytes = 0;
    return all;
  }

  /** All that was taken is written: its areas can be filled anew. */
  written(): void {
    this.#spare = this.#taken.find((area) => area.length === AREA) ?? this.#spare;
    this.#taken.length = 0;
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  /** Nobody will say when what was taken is written: its areas are left alone. */
  forsake(): void {
    this.#leaveArea();
    this.#taken.length = 0;
    this.#before.forEach((piece) => (piece.area = NO_AREA));
  }

  // --- internal ---

  #nextArea(most: number): void {
    this.#leaveArea();
    if (most <= AREA && this.#spare !== null) {
      this.#begin(this.#spare);
      this.#spare = null;
    } else this.#begin(Buffer.allocUnsafeSlow(Math.max(AREA, most)));
  }

  #leaveArea(): void {
    const area = this.#area;
    if (this.#end > this.#start) this.#before.push({ area, held: area.subarray(this.#start, this.#end) });
    else this.#taken.push(area);
    this.#begin(NO_AREA);
  }

  #begin(area: Buffer): void {
    this.#area = area;
    this.#start = this.#end = 0;
  }
}

/** What a pipe takes in one piece, so that workers sharing one do not mix lines: it gets all there is when this is full. */
export const TEXT = 4096;

/** What a file takes in one piece: any size would do, but each write costs two changes of threads. */
export const FULL_BATCH = 16 * TEXT;

// --- internal ---

/** Of a UTF-16 unit in UTF-8. */
const MOST_BYTES = 3;
/** For the worst that a text may need. */
const ROOM = MOST_BYTES * TEXT;
/** A batch, and as much again as small ones may take before it. */
const AREA = FULL_BATCH + 2 * ROOM;
const NO_AREA = Buffer.alloc(0);
