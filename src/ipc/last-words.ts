/** What a worker leaves in shared memory about its own end: written before it happens, and read by the master after. */

import { Crash, LastWords } from "./scoreboard-layout.ts";

/**
 * What a worker did, or heard, that ends it: it called `process.exit(number)` or `process.abort()`, sent itself the signal of that number, met an
 * error that nobody caught, or was sent the signal of that number.
 */
export const Farewell = { EXIT: 1, ABORT: 2, KILL: 3, UNCAUGHT: 4, SIGNAL: 5 } as const;

export interface LastWordsOf {
  /** A `Farewell`. */
  readonly kind: number;
  readonly number: number;
  /** The JavaScript stack, or the error's first line. */
  readonly text: string;
}

/** What native code could still write: V8 has no memory left or has found itself broken, or the processor has refused to go on. */
export const Break = { HEAP: 1, MEMORY: 2, V8: 3, FAULT: 4 } as const;

export interface CrashRecord {
  /** A `Break`. */
  readonly kind: number;
  /** Of a FAULT: the signal, and its `si_code`: 0 or less if a process has sent it, `sender`. */
  readonly signal: number;
  readonly code: number;
  readonly sender: number;
  /** What a FAULT could not reach or execute. */
  readonly address: bigint;
  /** What V8 says; of a FAULT: the file whose code it was, "" where that is not known. */
  readonly text: string;
}

/** The part of a slot that is for the end. */
export class Remains {
  readonly #words: Uint8Array;
  /** Handed to native code, which writes there as the process breaks. */
  readonly crashArea: Uint8Array;

  constructor(words: Uint8Array, crashArea: Uint8Array) {
    this.#words = words;
    this.crashArea = crashArea;
  }

  /** The last call counts. What does not fit of the text is cut. */
  leave(kind: number, number: number, text: string): void {
    const words = Buffer.from(this.#words.buffer, this.#words.byteOffset, LastWords.SIZE);
    words.writeInt32LE(number, LastWords.NUMBER);
    words.writeInt32LE(words.write(text, LastWords.TEXT), LastWords.LENGTH);
    words.writeInt32LE(kind, LastWords.KIND);
  }

  get words(): LastWordsOf | null {
    const words = Buffer.from(this.#words.buffer, this.#words.byteOffset, LastWords.SIZE);
    const kind = words.readInt32LE(LastWords.KIND);
    if (kind === 0) return null;
    const text = textAt(words, LastWords.TEXT, words.readInt32LE(LastWords.LENGTH));
    return { kind, number: words.readInt32LE(LastWords.NUMBER), text };
  }

  get crash(): CrashRecord | null {
    const area = Buffer.from(this.crashArea.buffer, this.crashArea.byteOffset, Crash.SIZE);
    const kind = area.readInt32LE(Crash.KIND);
    if (kind === 0) return null;
    return {
      kind,
      signal: area.readInt32LE(Crash.SIGNAL),
      code: area.readInt32LE(Crash.CODE),
      sender: area.readInt32LE(Crash.SENDER),
      address: area.readBigUInt64LE(Crash.ADDRESS),
      text: textAt(area, Crash.TEXT, area.readInt32LE(Crash.LENGTH)),
    };
  }

  clear(): void {
    // Only what makes the rest count: pages that nobody has written are to stay untouched.
    this.#words.fill(0, LastWords.KIND, LastWords.TEXT);
    this.crashArea.fill(0, Crash.KIND, Crash.TEXT);
  }
}

// --- internal ---

/** The length is the dying process's, so that it is not trusted. */
function textAt(area: Buffer, at: number, length: number): string {
  return area.toString("utf8", at, Math.min(area.length, at + Math.max(0, length)));
}
