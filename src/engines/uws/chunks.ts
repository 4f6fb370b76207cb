/**
 * A chunked body of a request, read by our parser in the place of uWebSockets', which is lax about framing and drops trailers: a body that the parser
 * does not take is one that a proxy in front may have read otherwise.
 */

import type { HeaderList } from "../../http/exchange.ts";
import type { RuleName } from "../../http/rules.ts";
import { HeadFlag, native, ParserField, UwsBody, type HttpParser } from "../../native.ts";
import { DISCARD_LIMIT } from "../engine-exchange.ts";
import type { SpareParsers } from "../spare-parsers.ts";
import type { UwsRequest, UwsResponse } from "./binding.ts";

/** Whose body it is. */
export interface ChunksReceiver {
  /** Pieces that are the receiver's to keep. */
  receivedPieces(pieces: readonly Uint8Array[]): void;
  receivedEnd(trailers: HeaderList): void;
  receivedNonsense(rule: RuleName): void;
}

export class Chunks {
  /** The rule that what came with the head breaks; null: none. */
  readonly rule: RuleName | null;
  /** All of it is here. */
  ended = false;
  /** Something is wrong with it, or the answer says so: the connection ends with that. */
  last = false;
  #broken: RuleName | null = null;
  #trailers: HeaderList = NONE;
  /** What came with the head. */
  #early: Uint8Array[] = [];
  /** Null before it is open, and once the answer is out. */
  #receiver: ChunksReceiver | null = null;
  #answered = false;
  #discarded = 0;
  #parser: HttpParser | null;
  readonly #parsers: SpareParsers;

  /** While the handler of the request runs. From here on uWebSockets does not see the body. */
  constructor(response: UwsResponse, request: UwsRequest, parsers: SpareParsers) {
    this.#parsers = parsers;
    this.#parser = parsers.acquire();
    this.#parser.execute(HEAD, 0, HEAD.length);
    const known = native().uwsTakeBody(response, request, (bytes) => this.#take(bytes));
    // The head came in pieces, and with what is behind it takes all the room that uWebSockets has for one.
    this.rule = known ? this.#broken : "head-too-long";
  }

  /** There is nothing more of it that anybody could use. */
  get over(): boolean {
    return this.ended || this.#broken !== null;
  }

  /** Hands over what is here, and the rest as it comes: unless that is nothing, somebody must listen to what uWebSockets tells. */
  open(receiver: ChunksReceiver): void {
    this.#receiver = receiver;
    const early = this.#early;
    this.#early = [];
    if (early.length > 0) receiver.receivedPieces(early);
    if (this.ended) receiver.receivedEnd(this.#trailers);
  }

  /** uWebSockets has come to the end, which came after the head. */
  handedBack(): void {
    if (this.ended) this.#receiver?.receivedEnd(this.#trailers);
  }

  /** The answer says that the connection ends. */
  endHere(): void {
    this.last = true;
  }

  /** The answer is out, or nobody is there to give it to. `wanted`: what comes is still being read. */
  drop(wanted: boolean): void {
    if (!wanted) this.#receiver = null;
    this.#answered = true;
  }

  // --- internal ---

  #take(bytes: Buffer): number {
    const parser = this.#parser!;
    const pieces: Uint8Array[] = [];
    const used = this.#parse(parser, bytes, pieces);
    if (this.#broken !== null) this.last = true;
    if (this.#receiver !== null) this.#tell(this.#receiver, pieces);
    else if (this.#answered) this.#discard(bytes.length);
    else this.#early = pieces;
    const unwanted = this.#answered && this.#receiver === null;
    if (!this.ended && !(this.last && (unwanted || this.#broken !== null))) return UwsBody.MORE;
    this.#parsers.release(parser, this.ended);
    this.#parser = null;
    return this.last ? UwsBody.LAST : used;
  }

  #tell(receiver: ChunksReceiver, pieces: Uint8Array[]): void {
    if (pieces.length > 0) receiver.receivedPieces(pieces);
    if (this.#broken !== null) receiver.receivedNonsense(this.#broken);
  }

  #discard(length: number): void {
    this.#discarded += length;
    if (this.#discarded > DISCARD_LIMIT) this.last = true;
  }

  /** Returns how many bytes belong to the body. */
  #parse(parser: HttpParser, bytes: Buffer, pieces: Uint8Array[]): number {
    const { parserState: state, parserRules } = native();
    let start = 0;
    while (start < bytes.length && !this.ended) {
      parser.execute(bytes, start, bytes.length);
      const flags = state[ParserField.FLAGS]!;
      start += state[ParserField.CONSUMED]!;
      if ((flags & HeadFlag.ERROR) !== 0) {
        this.#broken = parserRules[state[ParserField.RULE]!] as RuleName;
        break;
      }
      const end = ParserField.SPAN_BASE + 2 * state[ParserField.SPANS]!;
      for (let i = ParserField.SPAN_BASE; i < end; i += 2) pieces.push(bytes.subarray(state[i], state[i + 1]));
      if ((flags & HeadFlag.COMPLETE) === 0) continue;
      this.ended = true;
      if ((flags & HeadFlag.TRAILERS) !== 0) this.#trailers = parser.takeTrailers();
    }
    return start;
  }
}

// --- internal ---

const NONE: HeaderList = [];

/** Has a parser expect chunks. The request's own head has been read already, and was no shorter. */
const HEAD = Buffer.from("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
