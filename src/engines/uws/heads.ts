/**
 * Reads the heads of requests. uWebSockets keeps a request as views of the bytes that came, and the addon reads those: in one call where uWebSockets needs one for
 * each part, and it sees what uWebSockets hides.
 */

// Not the global, which is a getter.
import { performance } from "node:perf_hooks";

import { METHODS } from "../../base/node-http.ts";
import type { HeaderList } from "../../http/exchange.ts";
import type { HeadLimits } from "../../http/request-rules.ts";
import type { RuleName } from "../../http/rules.ts";
import { native, UwsHead, UwsHeadFlag, type UwsReader, type UwsShortcut } from "../../native.ts";
import type { RequestHead } from "../engine-exchange.ts";
import type { UwsRequest } from "./binding.ts";

/** What is known of the request that was read last. */
export interface Head extends RequestHead {
  /** `Connection: close` was asked for. */
  readonly close: boolean;
  /** When it was read, in ms of `performance.now()`; 0: not noted. */
  readonly time: number;
  /** Its connection's, if the shortcut wants that back once this is answered, or -1. */
  readonly socket: number;
}

/**
 * Made from what the addon has left in arrays: nothing is stored, and a text that was seen before is the same string again. What is read of the first sound
 * request is compared with what uWebSockets itself says of it.
 */
export class Heads implements Head {
  readonly httpMinor = 1;
  readonly #state = new Int32Array(UwsHead.LENGTH);
  readonly #numbers = new Float64Array(UwsHead.NUMBERS);
  readonly #texts: string[] = [];
  readonly #body = Buffer.allocUnsafeSlow(UwsHead.MOST_BODY);
  readonly #mostBody: number;
  readonly #reader: UwsReader;
  readonly #unsound: (problem: string) => void;
  #checked = false;
  #sound = true;

  /** `unsound` is told once that requests are read wrongly; all are refused then. */
  constructor({ requestLine, fields, fieldSize, body }: HeadLimits, unsound: (problem: string) => void) {
    this.#unsound = unsound;
    this.#mostBody = body === 0 ? Infinity : body;
    this.#texts.push("GET", ...METHODS); // the first is found soonest
    const timeOrigin = native().monotonicNow() - performance.now();
    const given = { state: this.#state, numbers: this.#numbers, texts: this.#texts, methods: [...this.#texts] };
    const bodySize = Math.min(body, UwsHead.MOST_BODY);
    this.#reader = native().uwsHeads({
      ...given,
      body: this.#body,
      requestLine,
      fields,
      fieldSize,
      bodySize,
      timeOrigin,
    });
  }

  /** Reads one, while its handler runs. Returns the rule that it breaks; null, and this has it until the next call. */
  read(request: UwsRequest): RuleName | null {
    this.#reader.read(request);
    const rule = this.#state[UwsHead.RULE]!;
    if (rule !== 0) return native().parserRules[rule] as RuleName;
    if (!this.#checked) this.#check(request);
    if (!this.#sound) return "malformed";
    return this.contentLength > this.#mostBody ? "body-too-large" : null;
  }

  /** Where requests come from that uWebSockets does not see: what its `next()` takes is read as by `read()`, and breaks no rule. */
  shortcut(turn: () => void, event: (slot: number, event: number) => void): UwsShortcut {
    return this.#reader.shortcut(turn, event);
  }

  /** False: nobody knows what requests say. */
  get sound(): boolean {
    return this.#sound;
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

  /** Of a request from the shortcut: the number of its app. */
  get app(): number {
    return this.#state[UwsHead.APP]!;
  }

  get contentLength(): number {
    return this.#numbers[UwsHead.CONTENT_LENGTH]!;
  }

  /** Of a request from the shortcut: a copy. */
  get body(): Buffer {
    const copy = Buffer.allocUnsafe(this.contentLength);
    this.#body.copy(copy, 0, 0, copy.length);
    return copy;
  }

  get expectsContinue(): boolean {
    return (this.#state[UwsHead.FLAGS]! & UwsHeadFlag.EXPECTS_CONTINUE) !== 0;
  }

  get close(): boolean {
    return (this.#state[UwsHead.FLAGS]! & UwsHeadFlag.CLOSE) !== 0;
  }

  get socket(): number {
    return this.#state[UwsHead.SOCKET]!;
  }

  get time(): number {
    return this.#numbers[UwsHead.TIME]!;
  }

  // --- internal ---

  #check(request: UwsRequest): void {
    const headers: HeaderList = [];
    request.forEach((name, value) => headers.push(name, value));
    const query = request.getQuery();
    const target = query === undefined ? request.getUrl() : `${request.getUrl()}?${query}`;
    const expected = JSON.stringify([request.getCaseSensitiveMethod(), target, ...headers]);
    const read = JSON.stringify([this.method, this.target, ...this.headers]);
    // What uWebSockets itself does not give out as it came is no proof of anything.
    this.#checked = /^[ -~]*$/.test(read);
    this.#sound = !this.#checked || read === expected;
    if (this.#sound) return;
    this.#unsound(
      `uWebSockets serves nobody any more, for a request that is ${expected} was read as ${read}: this is a fault of Junicorn's, and --http-engine llhttp does without uWebSockets`,
    );
  }
}
