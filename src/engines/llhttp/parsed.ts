/** Turns what the native parser left in `parserState` into values. Read it before anything else can parse. */

import type { HeaderList } from "../../http/exchange.ts";
import { headerValue } from "../../http/headers.ts";
import { HeadFlag, ParserField } from "../../native.ts";
import type { RequestHead } from "../engine-exchange.ts";

/** A request's head, cut from its text. */
export interface ParsedHead extends RequestHead {
  readonly wantsKeepAlive: boolean;
}

/** `text` is what `execute()` returned; `state` its facts. */
export function headOf(text: string, state: Int32Array): ParsedHead {
  const flags = state[ParserField.FLAGS]!;
  const ends = ParserField.ENDS_BASE;
  const methodEnd = state[ends]!;
  const targetEnd = state[ends + 1]!;
  const pieces = 2 * state[ParserField.FIELDS]!;
  const headers: HeaderList = [];
  let from = targetEnd;
  for (let i = 0; i < pieces; i++) {
    const end = state[ends + 2 + i]!;
    headers.push(text.slice(from, end));
    from = end;
  }
  return {
    method: text.slice(0, methodEnd),
    target: text.slice(methodEnd, targetEnd),
    headers,
    httpMinor: state[ParserField.MINOR]!,
    contentLength: lengthOf(flags, headers),
    expectsContinue: (flags & HeadFlag.EXPECT_CONTINUE) !== 0,
    wantsKeepAlive: (flags & HeadFlag.KEEP_ALIVE) !== 0,
  };
}

/** The body's pieces of this call, copied out of the shared read buffer. */
export function takeSpans(state: Int32Array, chunk: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const end = ParserField.SPAN_BASE + 2 * state[ParserField.SPANS]!;
  for (let i = ParserField.SPAN_BASE; i < end; i += 2) pieces.push(copyOf(chunk, state[i]!, state[i + 1]!));
  return pieces;
}

/** A copy that is the receiver's to keep: small ones share a pool, as Node's own do. */
export function copyOf(chunk: Uint8Array, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  copy.set(chunk.subarray(start, end));
  return copy;
}

// --- internal ---

function lengthOf(flags: number, headers: HeaderList): number {
  if ((flags & HeadFlag.CHUNKED) !== 0) return -1;
  if ((flags & HeadFlag.CONTENT_LENGTH) === 0) return 0;
  // The parser has refused what is no number below 2^53, but not zeros before it, however many.
  return Number(headerValue(headers, "content-length"));
}
