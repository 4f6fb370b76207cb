/** Which engine gets a connection: its first request is looked at, without taking it, and decides. */

import type { Via } from "../http/exchange.ts";
import { headerValue } from "../http/headers.ts";
import type { RuleName } from "../http/rules.ts";
import { HeadFlag, native, ParserField, type HttpParser, type Native } from "../native.ts";
import type { RequestHead } from "./engine-exchange.ts";
import type { Engine, EngineOptions, ListenerInfo } from "./engine.ts";
import { LlhttpEngine } from "./llhttp/engine.ts";
import { headOf } from "./llhttp/parsed.ts";
import type { Uws } from "./uws/binding.ts";
import { UwsEngine } from "./uws/engine.ts";

/** Longer requests go to llhttp. */
const PEEK_BYTES = 4096;

/** Two engines that look like one. */
export class RoutingEngine implements Engine {
  readonly #native: Native;
  readonly #uws: UwsEngine;
  readonly #llhttp: LlhttpEngine;
  readonly #acceptsUpgrade: () => boolean;
  readonly #parser: HttpParser;
  readonly #buffer = Buffer.alloc(PEEK_BYTES);

  constructor(uws: Uws, options: EngineOptions) {
    this.#native = native();
    this.#parser = new this.#native.HttpParser(options.limits);
    this.#uws = new UwsEngine(uws, options);
    this.#llhttp = new LlhttpEngine(options);
    this.#acceptsUpgrade = options.acceptsUpgrade;
  }

  get connections(): number {
    return this.#uws.connections + this.#llhttp.connections;
  }

  adopt(fd: number, address: string, port: number, listener: ListenerInfo, via: Via | null = null): void {
    if ((via === null || this.#uws.hasRoom(listener, via)) && this.#suitsUws(fd))
      this.#uws.adopt(fd, address, port, listener, via);
    else this.#llhttp.adopt(fd, address, port, listener, via);
  }

  refuse(fd: number, address: string, port: number, listener: ListenerInfo, rule: RuleName): void {
    this.#llhttp.refuse(fd, address, port, listener, rule);
  }

  announce(): void {
    this.#uws.announce();
    this.#llhttp.announce();
  }

  drain(graceMs: number): void {
    this.#uws.drain(graceMs);
    this.#llhttp.drain(graceMs);
  }

  destroy(): number {
    return this.#uws.destroy() + this.#llhttp.destroy();
  }

  #suitsUws(fd: number): boolean {
    // Raw upgrades are beyond uWebSockets, and any connection may come to ask for one: a proxy sends them over those that it keeps.
    if (this.#acceptsUpgrade() || !this.#uws.sound) return false;
    const length = this.#native.peek(fd, this.#buffer);
    if (length <= 0 || this.#buffer[0] === CR) return false; // it does not skip blank lines
    this.#parser.reset();
    const text = this.#parser.execute(this.#buffer, 0, length);
    const state = this.#native.parserState;
    // Whole, sound, and alone: what the parser refuses is llhttp's to answer, a body that is still coming may come too slowly for uWebSockets,
    // and it would close on a client that pipelines.
    if (text === null || NOT_ASCII.test(text) || state[ParserField.CONSUMED] !== length) return false;
    return (
      (state[ParserField.FLAGS]! & (HeadFlag.COMPLETE | BEYOND_UWS)) === HeadFlag.COMPLETE &&
      suitsUws(headOf(text, state))
    );
  }
}

/** True if uWebSockets would serve a request with this head as llhttp does. */
export function suitsUws({ target, headers, httpMinor }: RequestHead): boolean {
  if (httpMinor !== 1 || !target.startsWith("/") || headers.length > 2 * MOST_FIELDS) return false;
  // The head of an event stream must not wait for its first event, as it does on uWebSockets.
  if (headerValue(headers, "accept")?.includes("text/event-stream") === true) return false;
  if ((headerValue(headers, "content-length")?.length ?? 0) > MOST_DIGITS) return false;
  // It has no trailers.
  return headerValue(headers, "te")?.includes("trailers") !== true;
}

// --- internal ---

const CR = 0x0d;

/** It reads bytes as UTF-8, and loses those that are none. */
const NOT_ASCII = /[\u0080-\u00ff]/;

/** Chunked bodies may have trailers; and `100 Continue` must wait until the application wants the body. */
const BEYOND_UWS = HeadFlag.CHUNKED | HeadFlag.EXPECT_CONTINUE | HeadFlag.ERROR;

/** What uWebSockets takes, with some room to spare. */
const MOST_FIELDS = 90;
/** Of a length: native/src/uws-heads.cc refuses more of them. */
const MOST_DIGITS = 18;
