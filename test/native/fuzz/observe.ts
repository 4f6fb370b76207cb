/** What a parser makes of an input, as one text: the same whatever pieces the input comes in, or the parser is wrong. */

import { HeadFlag, native, ParserField, type HttpParser } from "../../../src/native.ts";
import type { Random } from "./random.ts";

const { HEAD, COMPLETE, ERROR, TRAILERS, UPGRADE } = HeadFlag;
/** What a message is; the rest of the flags are events of a call. */
const FACTS = ~(HEAD | COMPLETE | ERROR | TRAILERS);

/** How an input is cut: the pieces a parser is fed. */
export type Cut = (input: Buffer) => Iterable<Buffer>;

/**
 * Feeds `input` as `cut` has it, and resets the parser afterwards. Upgrades are declined, so that what follows them is parsed, too.
 */
export function observe(parser: HttpParser, input: Buffer, cut: Cut): string {
  const { parserState: state, parserRules: rules } = native();
  let seen = "";
  for (const chunk of cut(input)) {
    for (let start = 0; start < chunk.length;) {
      const text = parser.execute(chunk, start, chunk.length);
      const flags = state[ParserField.FLAGS]!;
      const consumed = state[ParserField.CONSUMED]!;
      if (text !== null) {
        const count = 2 + 2 * state[ParserField.FIELDS]!;
        const ends = state.subarray(ParserField.ENDS_BASE, ParserField.ENDS_BASE + count).join();
        seen += `\nHEAD ${flags & FACTS} ${state[ParserField.MINOR]} ${ends} ${text}\nBODY `;
      }
      for (let i = 0; i < state[ParserField.SPANS]!; i++) {
        const at = ParserField.SPAN_BASE + 2 * i;
        seen += chunk.toString("latin1", state[at], state[at + 1]);
      }
      if ((flags & TRAILERS) !== 0) seen += `\nTRAILERS ${JSON.stringify(parser.takeTrailers())}`;
      if ((flags & COMPLETE) !== 0) seen += `\nCOMPLETE ${flags & UPGRADE}`;
      if ((flags & ERROR) !== 0) {
        parser.reset();
        return `${seen}\nERROR ${rules[state[ParserField.RULE]!]}`;
      }
      // Nothing consumed is for errors only: an engine would loop for ever.
      if (consumed <= 0) throw new Error(`no progress at ${start}`);
      start += consumed;
    }
  }
  seen += `\nEND ${parser.inMessage()}`;
  parser.reset();
  return seen;
}

/** In one piece, with memory of its own: a sanitizer sees what is read beyond its end. */
export function whole(input: Buffer): Buffer[] {
  return [exactly(input)];
}

export function byteByByte(input: Buffer): Buffer[] {
  return Array.from({ length: input.length }, (_, at) => input.subarray(at, at + 1));
}

/** Pieces of random sizes, each with memory of its own; `between` runs before each. */
export function randomPieces(random: Random, between: () => void): Cut {
  return function* (input) {
    for (let start = 0; start < input.length;) {
      const end = Math.min(input.length, start + 1 + random.below(input.length));
      between();
      yield exactly(input.subarray(start, end));
      start = end;
    }
  };
}

// --- internal ---

function exactly(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
