/**
 * Reads the heads of requests. uWebSockets keeps a request as views of the bytes that came, and the addon reads those: in one call where uWebSockets needs one for
 * each part, and it sees what uWebSockets hides. Where the bytes lie is known of certain versions, and checked once a process.
 */

// Not the global, which is a getter.
import { performance } from "node:perf_hooks";

import { METHODS } from "../../base/node-http.ts";
import type { HeaderList } from "../../http/exchange.ts";
import type { HeadLimits } from "../../http/request-rules.ts";
import type { RuleName } from "../../http/rules.ts";
import { native, UwsHead, UwsHeadFlag } from "../../native.ts";
import type { RequestHead } from "../engine-exchange.ts";
import type { Uws, UwsRequest } from "./binding.ts";
import { HeadsByCalls } from "./heads-by-calls.ts";

/** What is known of the request that was read last. */
export interface Head extends RequestHead {
  /** `Connection: close` was asked for. */
  readonly close: boolean;
  /** When it was read, in ms of `performance.now()`; 0: not noted. */
  readonly time: number;
}

export interface Heads {
  readonly head: Head;
  /** Reads one, while its handler runs. Returns the rule that it breaks, or null; then `head` has it until the next call. */
  read(request: UwsRequest): RuleName | null;
}

export interface ChosenHeads {
  readonly heads: Heads;
  /** Why the addon does not read them; null: it does, or is about to be checked. */
  readonly problem: string | null;
}

/** `decided` is told what the first request has shown: null, if the addon reads the same as uWebSockets says. */
export function headsOf(uws: Uws, limits: HeadLimits, decided: (chosen: ChosenHeads) => void): ChosenHeads {
  const byCalls = new HeadsByCalls(limits);
  if (!isKnown(uws)) {
    return { heads: byCalls, problem: `nobody has looked at version ${uws.version}` };
  }
  try {
    return { heads: new CheckedHeads(new NativeHeads(limits), byCalls, decided), problem: null };
  } catch (error) {
    return { heads: byCalls, problem: (error as Error).message };
  }
}

/** The addon knows where its objects have what. */
export function isKnown({ version }: Uws): boolean {
  return KNOWN_VERSIONS.has(version);
}

// --- internal ---

/** Those that native/src/uws-layout.h is true of. */
const KNOWN_VERSIONS: ReadonlySet<string> = new Set(["20.51.4", "20.69.0"]);

/** Made from what the call has left in arrays: nothing is stored, and a text that was seen before is the same string again. */
class NativeHeads implements Heads, Head {
  readonly httpMinor = 1;
  readonly #state = new Int32Array(UwsHead.LENGTH);
  readonly #numbers = new Float64Array(UwsHead.NUMBERS);
  readonly #texts: string[] = [];
  readonly #mostBody: number;
  readonly #read: (request: object) => void;

  constructor({ requestLine, fields, fieldSize, body }: HeadLimits) {
    this.#mostBody = body === 0 ? Infinity : body;
    this.#texts.push("GET", ...METHODS); // the first is found soonest
    const timeOrigin = native().monotonicNow() - performance.now();
    const given = { state: this.#state, numbers: this.#numbers, texts: this.#texts, methods: [...this.#texts] };
    this.#read = native().uwsHeads({ ...given, requestLine, fields, fieldSize, timeOrigin });
  }

  get head(): Head {
    return this;
  }

  read(request: UwsRequest): RuleName | null {
    const read = this.#read;
    read(request);
    const rule = this.#state[UwsHead.RULE]!;
    if (rule !== 0) return native().parserRules[rule] as RuleName;
    return this.contentLength > this.#mostBody ? "body-too-large" : null;
  }

  get method(): string {
    return this.#texts[this.#state[UwsHead.METHOD]!]!;
  }

  get target(): string {
    return this.#texts[this.#state[UwsHead.TARGET]!]!;
  }

  get headers(): HeaderList {
    const state = this.#state;
    const texts = this.#texts;
    const length = 2 * state[UwsHead.FIELDS]!;
    const list = new Array<string>(length); // oxlint-disable-line unicorn/no-new-array -- one that grows takes several times the memory
    for (let i = 0; i < length; i++) list[i] = texts[state[UwsHead.TEXTS + i]!]!;
    return list;
  }

  get contentLength(): number {
    return this.#numbers[UwsHead.CONTENT_LENGTH]!;
  }

  get expectsContinue(): boolean {
    return (this.#state[UwsHead.FLAGS]! & UwsHeadFlag.EXPECTS_CONTINUE) !== 0;
  }

  get close(): boolean {
    return (this.#state[UwsHead.FLAGS]! & UwsHeadFlag.CLOSE) !== 0;
  }

  get time(): number {
    return this.#numbers[UwsHead.TIME]!;
  }
}

/** Reads in both ways until a sound request has shown whether they agree. */
class CheckedHeads implements Heads {
  readonly #natively: Heads;
  readonly #byCalls: Heads;
  readonly #decided: (chosen: ChosenHeads) => void;

  constructor(natively: Heads, byCalls: Heads, decided: (chosen: ChosenHeads) => void) {
    this.#natively = natively;
    this.#byCalls = byCalls;
    this.#decided = decided;
  }

  get head(): Head {
    return this.#byCalls.head;
  }

  read(request: UwsRequest): RuleName | null {
    const expected = this.#byCalls.read(request);
    const rule = this.#natively.read(request);
    if (rule === null && expected === null) this.#compare();
    return expected ?? rule;
  }

  #compare(): void {
    const [read, expected] = [this.#natively.head, this.#byCalls.head].map(
      ({ method, target, headers, contentLength, expectsContinue, close }) =>
        JSON.stringify({ method, target, headers, contentLength, expectsContinue, close }),
    );
    if (read === expected) this.#decided({ heads: this.#natively, problem: null });
    // What uWebSockets itself does not give out as it came is no proof of anything.
    else if (/^[\t -~]*$/.test(read!))
      this.#decided({ heads: this.#byCalls, problem: `it is read as ${read}, and is ${expected}` });
  }
}
