/** Drives the native parser over pieces of input the way an engine does, and collects what it reports. */

import { HeadFlag, native, ParserField, type ParserLimits } from "../../src/native.ts";
import type { ExpectedRequest } from "./request-corpus.ts";

export interface Parsed extends Required<ExpectedRequest> {
  /** False for a request whose head came but whose end did not. */
  complete: boolean;
}

export interface Outcome {
  /** Requests whose head was complete, in order. */
  requests: Parsed[];
  /** The rule that ended it, or null. */
  rule: string | null;
}

export function parseAll(pieces: readonly Uint8Array[], limits: ParserLimits): Outcome {
  const { HttpParser, parserState, parserRules } = native();
  const parser = new HttpParser(limits);
  const requests: Parsed[] = [];
  let current: Parsed | undefined;
  for (const piece of pieces) {
    let position = 0;
    while (position < piece.length) {
      const text = parser.execute(piece, position, piece.length);
      const flags = parserState[ParserField.FLAGS] ?? 0;
      if (text !== null) {
        current = headOf(text, parserState, flags);
        requests.push(current);
      }
      if (current) current.body += bodyOf(piece, parserState);
      if (flags & HeadFlag.ERROR) {
        return { requests, rule: parserRules[parserState[ParserField.RULE] ?? 0] ?? "no rule" };
      }
      if (flags & HeadFlag.COMPLETE && current) {
        current.complete = true;
        if (flags & HeadFlag.TRAILERS) current.trailers = pairs(parser.takeTrailers());
        if (flags & HeadFlag.UPGRADE) {
          current.upgrade = true;
          return { requests, rule: null };
        }
        current = undefined;
      }
      const consumed = parserState[ParserField.CONSUMED] ?? 0;
      if (consumed === 0 && (flags & HeadFlag.COMPLETE) === 0) throw new Error(`no progress at ${position}`);
      position += consumed;
    }
  }
  return { requests, rule: null };
}

// --- internal ---

function headOf(text: string, state: Int32Array, flags: number): Parsed {
  const pieces: string[] = [];
  let start = 0;
  for (let i = 0; i < 2 + 2 * (state[ParserField.FIELDS] ?? 0); i++) {
    const end = state[ParserField.ENDS_BASE + i] ?? 0;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return {
    method: pieces[0] ?? "",
    target: pieces[1] ?? "",
    httpMinor: state[ParserField.MINOR] === 0 ? 0 : 1,
    headers: pairs(pieces.slice(2)),
    body: "",
    trailers: [],
    keepAlive: (flags & HeadFlag.KEEP_ALIVE) !== 0,
    upgrade: false,
    expectContinue: (flags & HeadFlag.EXPECT_CONTINUE) !== 0,
    complete: false,
  };
}

function bodyOf(piece: Uint8Array, state: Int32Array): string {
  let body = "";
  for (let i = 0; i < (state[ParserField.SPANS] ?? 0); i++) {
    const start = state[ParserField.SPAN_BASE + 2 * i];
    const end = state[ParserField.SPAN_BASE + 2 * i + 1];
    body += Buffer.from(piece.subarray(start, end)).toString("latin1");
  }
  return body;
}

function pairs(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i] ?? "", list[2 * i + 1] ?? ""]);
}
