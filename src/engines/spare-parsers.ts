/** Parsers of one thread that nobody uses just now: to make one costs more than to parse a request. */

import { native, type HttpParser, type ParserLimits } from "../native.ts";

export class SpareParsers {
  readonly #limits: ParserLimits;
  readonly #spare: HttpParser[] = [];

  constructor(limits: ParserLimits) {
    this.#limits = limits;
  }

  acquire(): HttpParser {
    return this.#spare.pop() ?? new (native().HttpParser)(this.#limits);
  }

  /** `clean`: it stands between two messages, and can be used for another connection as it is. */
  release(parser: HttpParser, clean: boolean): void {
    if (!clean) parser.reset();
    if (this.#spare.length < MOST) this.#spare.push(parser);
  }
}

// --- internal ---

/** A busy moment's surplus goes back to the system. */
const MOST = 256;
