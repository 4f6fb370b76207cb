/** Which engine gets a connection: the head of its first request is looked at, without taking it, and decides. */

import { native, type Native } from "../native.ts";
import type { Engine, EngineOptions, ListenerInfo } from "./engine.ts";
import { LlhttpEngine } from "./llhttp/engine.ts";
import type { Uws } from "./uws/binding.ts";
import { UwsEngine } from "./uws/engine.ts";

/** Requests longer than this go to llhttp, whose memory for them is bounded while they arrive. */
const PEEK_BYTES = 4096;

/** Two engines that look like one. */
export class RoutingEngine implements Engine {
  readonly #native: Native;
  readonly #uws: UwsEngine;
  readonly #llhttp: LlhttpEngine;
  readonly #acceptsUpgrade: () => boolean;
  readonly #buffer = Buffer.alloc(PEEK_BYTES);

  constructor(uws: Uws, options: EngineOptions) {
    this.#native = native();
    this.#uws = new UwsEngine(uws, options);
    this.#llhttp = new LlhttpEngine(options);
    this.#acceptsUpgrade = options.acceptsUpgrade;
  }

  get connections(): number {
    return this.#uws.connections + this.#llhttp.connections;
  }

  adopt(fd: number, address: string, port: number, listener: ListenerInfo): void {
    const engine = this.#suitsUws(fd) ? this.#uws : this.#llhttp;
    engine.adopt(fd, address, port, listener);
  }

  drain(): void {
    this.#uws.drain();
    this.#llhttp.drain();
  }

  destroy(): number {
    return this.#uws.destroy() + this.#llhttp.destroy();
  }

  #suitsUws(fd: number): boolean {
    // Raw upgrades are beyond uWebSockets, and any connection may come to ask for one: a proxy sends them over those that it keeps.
    if (this.#acceptsUpgrade()) return false;
    const length = this.#native.peek(fd, this.#buffer);
    return length > 0 && suitsUws(this.#buffer.toString("latin1", 0, length));
  }
}

/**
 * True if uWebSockets serves the connection that begins with these bytes as llhttp would, for an application that takes no raw upgrades: a whole
 * HTTP/1.1 head with a target in origin form, and nothing of what uWebSockets lacks (trailers, slow bodies, sending a head before its body).
 */
export function suitsUws(start: string): boolean {
  const head = start.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const line = start.indexOf("\r\n");
  if (!start.startsWith(" HTTP/1.1", line - 9)) return false;
  if (start.charCodeAt(start.indexOf(" ") + 1) !== SLASH) return false;
  // A client that pipelines: uWebSockets would close on it while the first answer is pending.
  if (start.length > head + 4 && !HAS_BODY.test(start)) return false;
  // One search for the few fields that matter; most heads have none of them.
  SPECIAL.lastIndex = line;
  for (let match = SPECIAL.exec(start); match !== null && match.index < head; match = SPECIAL.exec(start)) {
    if (!suits(match[1]!.toLowerCase(), valueAt(start, SPECIAL.lastIndex), start.length - head - 4)) return false;
  }
  return true;
}

// --- internal ---

const SLASH = 0x2f;

/** Once a connection, not once a request: a regular expression is fine here. */
const SPECIAL = /\r\n(expect|trailer|te|transfer-encoding|content-length|accept):/gi;

const HAS_BODY = /\r\ncontent-length:/i;

function valueAt(text: string, from: number): string {
  return text.slice(from, text.indexOf("\r\n", from)).trim().toLowerCase();
}

/** `bodyBytes`: how much of the body is here already. */
function suits(name: string, value: string, bodyBytes: number): boolean {
  switch (name) {
    case "accept":
      return !value.includes("text/event-stream");
    case "content-length":
      // uWebSockets drops uploads slower than 16 KiB/s; those that are here already have no speed.
      return Number(value) === bodyBytes;
    case "te":
      return !value.includes("trailers");
    default:
      return false;
  }
}
