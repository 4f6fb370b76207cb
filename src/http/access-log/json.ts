/** The access log in pino's shape, as pino-http has it: `req`, `res` and `responseTime`. */

import { jsonHead } from "../../base/log-line.ts";
import type { Exchange, HttpVersion, Peer } from "../exchange.ts";
import { headerValue } from "../headers.ts";
import type { AccessLog } from "../access-log.ts";

/** `write` gets each line without its end. Of the header fields it has those that tell who asks for what; credentials stay out. */
export function jsonAccessLog(write: (line: string) => void): AccessLog {
  return new JsonAccessLog(write);
}

// --- internal ---

const SHOWN = ["host", "user-agent", "referer", "x-forwarded-for", "x-request-id"];

/** What is the same as for the request before is not made again: to make JSON of a text, and one text of many, is most of what a line costs. */
class JsonAccessLog implements AccessLog {
  readonly #write: (line: string) => void;
  readonly #head = jsonHead("info");
  #now = 0;
  #begin = "";
  #method = "";
  #target = "";
  #version: HttpVersion | null = null;
  #call = "";
  #address: string | null = null;
  #port = 0;
  /** Of SHOWN. */
  readonly #fields: (string | undefined)[] = SHOWN.map(() => undefined);
  #client = "";
  #status = -1;
  #bytes = -1;
  #response = "";

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  log(exchange: Exchange, milliseconds: number): void {
    this.#write(
      this.#beginOf(Date.now()) +
        exchange.serial +
        this.#callOf(exchange) +
        this.#clientOf(exchange) +
        this.#responseOf(exchange) +
        threeDigits(milliseconds) +
        (exchange.status === 0 ? ABORTED : COMPLETED),
    );
  }

  // --- internal ---

  #beginOf(now: number): string {
    if (now !== this.#now) {
      this.#now = now;
      this.#begin = `${this.#head(now)},"req":{"id":`;
    }
    return this.#begin;
  }

  #callOf({ method, target, httpVersion }: Exchange): string {
    if (target !== this.#target || method !== this.#method || httpVersion !== this.#version) {
      this.#method = method;
      this.#target = target;
      this.#version = httpVersion;
      this.#call = `,"method":${JSON.stringify(method)},"url":${JSON.stringify(target)},"httpVersion":"${httpVersion}",`;
    }
    return this.#call;
  }

  #clientOf({ rawHeaders, peer }: Exchange): string {
    let isSame = peer.remoteAddress === this.#address && peer.remotePort === this.#port;
    for (let i = 0; i < SHOWN.length; i++) {
      const value = headerValue(rawHeaders, SHOWN[i]!);
      if (value === this.#fields[i]) continue;
      this.#fields[i] = value;
      isSame = false;
    }
    return isSame ? this.#client : (this.#client = this.#newClient(peer));
  }

  #newClient({ remoteAddress, remotePort }: Peer): string {
    this.#address = remoteAddress;
    this.#port = remotePort;
    let fields = "";
    for (let i = 0; i < SHOWN.length; i++) {
      const value = this.#fields[i];
      if (value !== undefined) fields += `${fields === "" ? "" : ","}"${SHOWN[i]!}":${JSON.stringify(value)}`;
    }
    // In one piece: it is wanted again, and what is in pieces takes longer to encode each time.
    return [
      '"headers":{',
      fields,
      '},"remoteAddress":',
      JSON.stringify(remoteAddress),
      `,"remotePort":${remotePort}},"res":`,
    ].join("");
  }

  #responseOf({ status, bytesSent }: Exchange): string {
    if (status !== this.#status || bytesSent !== this.#bytes) {
      this.#status = status;
      this.#bytes = bytesSent;
      this.#response = `{"statusCode":${status === 0 ? null : status},"bodyBytes":${bytesSent}},"responseTime":`;
    }
    return this.#response;
  }
}

const COMPLETED = ',"msg":"request completed"}';
const ABORTED = ',"msg":"request aborted"}';

/** What `toFixed(3)` is, at a fifth of its cost. */
function threeDigits(milliseconds: number): string {
  const microseconds = Math.max(0, Math.round(milliseconds * 1000));
  return Math.trunc(microseconds / 1000) + FRACTIONS[microseconds % 1000]!;
}

const FRACTIONS: readonly string[] = Array.from({ length: 1000 }, (_, i) => `.${String(i).padStart(3, "0")}`);
