/** What the addon reads of uWebSockets' own objects, as TypeScript knows it; native.ts hands it out. */

/** Indexes into the state that a head is read into, and how long that is. */
export const UwsHead = {
  /** Index into `native.parserRules`; 0: none is broken. */
  RULE: 0,
  /** See `UwsHeadFlag`. */
  FLAGS: 1,
  FIELDS: 2,
  /** Numbers of texts. */
  METHOD: 3,
  TARGET: 4,
  /** From here on those of name and value of each field. */
  TEXTS: 5,
  LENGTH: 5 + 2 * 100,

  /** Indexes into the numbers, and how many there are: when the head was read, and how long the body is (-1: chunked). */
  TIME: 0,
  CONTENT_LENGTH: 1,
  NUMBERS: 2,
} as const;

export const UwsHeadFlag = {
  /** `Connection: close` was asked for. */
  CLOSE: 1,
  EXPECTS_CONTINUE: 2,
} as const;

/** Bounds in bytes; 0 is unlimited. What is read is left in the arrays. */
export interface UwsHeadsOptions {
  readonly state: Int32Array;
  readonly numbers: Float64Array;
  /** Begins with the methods that are known. Texts that come again and again keep their place, so that each is made once. */
  readonly texts: string[];
  readonly methods: readonly string[];
  readonly requestLine: number;
  readonly fields: number;
  readonly fieldSize: number;
  /** What TIME counts from, in milliseconds of CLOCK_MONOTONIC. */
  readonly timeOrigin: number;
}

export interface NativeUws {
  /**
   * Returns what reads the head of a request of uWebSockets, while its handler runs, and holds it to the rules of the parser. Anything else than such a request ends the
   * process: the layout of its memory is taken for granted. Throws where this Node does not give out the pointers that are needed.
   */
  uwsHeads(options: UwsHeadsOptions): (request: object) => void;
  /** The fd of the socket of a response that is neither answered nor aborted, or -1. Not of anything else, either. */
  uwsSocket(response: object): number;
}
