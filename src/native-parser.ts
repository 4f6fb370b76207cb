/** The native parser as TypeScript knows it; native.ts hands it out. */

/** Bits of `parserState[FLAGS]` after an `execute()`. */
export const HeadFlag = {
  /** The request head was completed by this call; `execute` returned its text. */
  HEAD: 1,
  /** The message (head, body and trailers) is complete; bytes after CONSUMED belong to the next one. */
  COMPLETE: 2,
  /**
   * CONNECT, or `Upgrade` with `Connection: upgrade`: set from HEAD on until COMPLETE. Once COMPLETE, the caller decides: to upgrade, take the
   * bytes after CONSUMED as they are and feed no more; to decline, go on calling `execute`, and the next request is parsed as if nothing
   * had been asked. (An upgrade request may have a body, which comes as spans like any other: RFC 9110 7.8 lets the switch come after it.)
   */
  UPGRADE: 4,
  /**
   * The input was refused; RULE says why. The parser is dead until `reset()`. It comes alone, with nothing consumed: a head or body bytes that
   * came before what is wrong are reported first, by a call that consumes less than it was given, and the next call has the error.
   */
  ERROR: 8,
  /**
   * The client wants the connection kept after this message (version and `Connection` considered). Set from HEAD on until COMPLETE.
   * Without it, bytes after COMPLETE are refused as `data-after-close`.
   */
  KEEP_ALIVE: 16,
  /** `Transfer-Encoding: chunked`. */
  CHUNKED: 32,
  /** A `Content-Length` was given. */
  CONTENT_LENGTH: 64,
  /** `Expect: 100-continue` on HTTP/1.1. */
  EXPECT_CONTINUE: 128,
  /** Trailer fields arrived: fetch them with `takeTrailers()`. */
  TRAILERS: 256,
} as const;

/** Indexes into `parserState`, an Int32Array that every `execute()` of this thread overwrites. */
export const ParserField = {
  FLAGS: 0,
  /** How many bytes of the given range were used. Less than the range on COMPLETE, ERROR or full SPANS. */
  CONSUMED: 1,
  /** Index into `native.parserRules` when ERROR is set, else 0. */
  RULE: 2,
  /** 0 or 1: HTTP/1.MINOR. */
  MINOR: 3,
  /** Number of header fields in the head. */
  FIELDS: 4,
  /** Number of body spans in this call. */
  SPANS: 5,
  /** Body spans: pairs of absolute [start, end) offsets into the chunk, SPAN_CAPACITY pairs at most. */
  SPAN_BASE: 16,
  SPAN_CAPACITY: 128,
  /** Ends of the pieces of the head text, each starting where the one before ended: method, target, then name and value of each field. */
  ENDS_BASE: 16 + 2 * 128,
} as const;

export interface ParserLimits {
  /** Longest request line in bytes without its CRLF; 0 is unlimited. */
  requestLine: number;
  /** Most header fields (and, counted apart, trailer fields), at most 32768; 0 is 32768. */
  fields: number;
  /** Longest field line in bytes with its CRLF; 0 is unlimited. */
  fieldSize: number;
}

/*
 * Limits that are not settings: a whole head has at most 1 MiB, and so have all trailer fields together (`head-too-long`). A chunk's
 * size has at most 16 hex digits, its extensions 256 bytes, and those of one message 16 KiB together (`chunk-extension-too-long`).
 * Before a request line, two blank lines are skipped (`bad-request-line`).
 */

/**
 * One HTTP/1 request parser over the host's llhttp. It holds no reference to the chunk after a call.
 * Whatever is malformed, too large, or shaped for request smuggling ends in ERROR with a rule: callers decide only the answer.
 */
export interface HttpParser {
  /**
   * Parses `chunk[start, end)` until a message is complete, an error, or the end of input.
   * Returns the head's text (latin-1: method, target, names and values without separators, cut by ENDS) when
   * HEAD is set, else null. Facts are in `parserState`. After COMPLETE the parser is ready for the next message.
   */
  execute(chunk: Uint8Array, start: number, end: number): string | null;
  /** Flat `[name, value, …]` of the trailer fields of the message just completed; empty when asked again. */
  takeTrailers(): string[];
  /** True between the first byte of a message and its completion (blank lines before a request do not count). */
  inMessage(): boolean;
  /** Makes the parser ready for another connection; drops spilled memory. */
  reset(): void;
}
