/** The answer of one call: `startResponse`, `write`, and the rule that headers leave with the first byte of the body. */

import { JunicornError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Exchange, HeaderList } from "../../http/exchange.ts";
import { headerValue, parseLength } from "../../http/headers.ts";
import { hasNoBody } from "../../http/status.ts";
import { headerList, kindOf } from "./headers.ts";
import type { Bytes, WsgiHeaders, Write } from "./types.ts";

export class Answer {
  /** Trailer fields to send after the body. */
  trailers: HeaderList = [];

  readonly #exchange: Exchange;
  readonly #log: Log;
  #called = false;
  #status = 0;
  #reason = "";
  #headers: HeaderList = [];
  #headSent = false;
  /** Bytes that may still go out under the application's Content-Length. */
  #room = Number.POSITIVE_INFINITY;
  /** Pieces after the declared length have been dropped. */
  #overlong = false;
  #drained: Promise<void> | null = null;
  #wakeDrained: (() => void) | null = null;

  constructor(exchange: Exchange, log: Log) {
    this.#exchange = exchange;
    this.#log = log;
    exchange.onDrain = () => this.wake();
  }

  /** Nothing that could be sent would reach anybody: HEAD, a status without body, the declared length is full, or the client has gone. */
  get wantsNoMore(): boolean {
    return (
      this.#exchange.over ||
      this.#overlong ||
      (this.#headSent && (this.#exchange.method === "HEAD" || hasNoBody(this.#status)))
    );
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  /** As PEP 3333 says of `start_response`; see `StartResponse`. */
  readonly startResponse = (status: string, headers: WsgiHeaders = [], excInfo?: unknown): Write => {
    if (excInfo !== undefined && excInfo !== null) {
      if (this.#headSent) throw errorOf(excInfo);
    } else if (this.#called) {
      throw new JunicornError("ERR_WSGI", {
        problem: "startResponse() was called twice, and without excInfo the second time",
      });
    }
    this.#status = parseStatus(status);
    this.#reason = status.slice(4);
    this.#headers = headerList(headers);
    this.#called = true;
    return this.write;
  };

  readonly write = (piece: Bytes): Promise<void> | undefined => {
    return this.send(piece) ? undefined : this.drained();
  };

  /** Sends a piece, and the head before the first that is not empty. False: wait for `drained()` before the next. */
  send(piece: Bytes): boolean {
    if (!isBytes(piece)) throw badPiece(piece);
    if (piece.length === 0 || this.#exchange.over) return true;
    if (!this.#headSent) this.#sendHead();
    if (this.#room === Number.POSITIVE_INFINITY) return this.#exchange.write(piece);
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    const part = bytes.length > this.#room ? bytes.subarray(0, this.#room) : bytes;
    if (part.length < bytes.length) this.#reportOverlong();
    this.#room -= part.length;
    return part.length === 0 || this.#exchange.write(part);
  }

  /** The whole answer at once, if nothing of it has been sent; its length becomes the Content-Length. */
  sendWhole(body: Bytes | null): void {
    this.needsHead();
    if (this.#headSent) {
      if (body !== null) this.send(body);
      this.finish();
    } else if (this.trailers.length > 0) {
      this.#sendHead();
      if (body !== null) this.send(body);
      this.finish();
    } else {
      this.#exchange.respond(this.#status, this.#reason, this.#headers, body);
      this.#headSent = true;
    }
  }

  /** Nothing more will be sent. */
  finish(): void {
    this.needsHead();
    if (this.#headSent) this.#exchange.end(this.trailers);
    else this.sendWhole(null);
  }

  /** Resolves when the client has caught up, or has gone. */
  drained(): Promise<void> {
    if (this.#exchange.over) return Promise.resolve();
    return (this.#drained ??= new Promise((resolve) => (this.#wakeDrained = resolve)));
  }

  wake(): void {
    const wake = this.#wakeDrained;
    this.#wakeDrained = null;
    this.#drained = null;
    wake?.();
  }

  /** Throws if the application has not called `startResponse`. */
  needsHead(): void {
    if (!this.#called)
      throw new JunicornError("ERR_NO_RESPONSE", {
        problem: "the application gave a body without calling startResponse()",
      });
  }

  // --- internal ---

  #sendHead(): void {
    this.needsHead();
    this.#exchange.start(this.#status, this.#reason, this.#headers);
    this.#headSent = true;
    const declared = headerValue(this.#headers, "content-length");
    if (declared !== undefined && !this.wantsNoMore) this.#room = parseLength(declared);
  }

  /** A file that grew after its size was taken, say: what was promised is sent, and the connection stays in step. */
  #reportOverlong(): void {
    if (this.#overlong) return;
    this.#overlong = true;
    const { method, target } = this.#exchange;
    this.#log.warning(
      `${method} ${target}: the application's body is longer than its Content-Length; the rest is not sent`,
    );
  }
}

export function isBytes(value: unknown): value is Bytes {
  return typeof value === "string" || value instanceof Uint8Array;
}

// --- internal ---

function badPiece(value: unknown): JunicornError {
  return new JunicornError("ERR_WSGI", {
    problem: `the body has a piece that is ${kindOf(value)}; pieces are bytes (Uint8Array) or strings`,
  });
}

function parseStatus(status: unknown): number {
  if (typeof status !== "string") {
    throw new JunicornError("ERR_WSGI", {
      problem: `the status is ${kindOf(status)}; it must be a string such as "200 OK"`,
    });
  }
  const code = /^[2-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/.test(status) ? Number(status.slice(0, 3)) : 0;
  if (code === 0) throw new JunicornError("ERR_RESPONSE_STATUS", { status: JSON.stringify(status) });
  return code;
}

/** The error in `excInfo`: itself, or the one in a triple as Python has it. */
function errorOf(excInfo: unknown): unknown {
  return Array.isArray(excInfo) ? (excInfo.find((part) => part instanceof Error) ?? excInfo) : excInfo;
}
