/** What a parser makes of an input, as one text: the same whatever pieces the input comes in, or the parser is wrong. */

import { HeadFlag, native, ParserField, type HttpParser } from "../../../src/native.ts";

const { HEAD, COMPLETE, ERROR, TRAILERS, UPGRADE } = HeadFlag;
/** What a message is; the rest of the flags are events of a call. */
const FACTS = ~(HEAD | COMPLETE | ERROR | TRAILERS);

/**
 * Feeds `input` in pieces of the sizes that `nextSize` gives, and resets the parser afterwards. Upgrades are declined, so that what
 * follows them is parsed, too.
 */
export function observe(parser: HttpParser, input: Buffer, nextSize: () => number): string {
  const { parserState: state, parserRules: rules } = native();
  let seen = "";
  for (let start = 0; start < input.length; ) {
    const end = Math.min(input.length, start + nextSize());
    while (start < end) {
      const text = parser.execute(input, start, end);
      const flags = state[ParserField.FLAGS]!;
      const consumed = state[ParserField.CONSUMED]!;
      if (text !== null) {
        const count = 2 + 2 * state[ParserField.FIELDS]!;
        const ends = state.subarray(ParserField.ENDS_BASE, ParserField.ENDS_BASE + count).join();
        seen += `\nHEAD ${flags & FACTS} ${state[ParserField.MINOR]} ${ends} ${text}\nBODY `;
      }
      for (let i = 0; i < state[ParserField.SPANS]!; i++) {
        const at = ParserField.SPAN_BASE + 2 * i;
        seen += input.latin1Slice(state[at], state[at + 1]);
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
