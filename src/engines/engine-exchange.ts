/** What exchanges have in common whatever the engine: the body's inbox, the length that was promised, and how they come to an end. */

// Not the global, which is a getter.
import { Buffer } from "node:buffer";

import { JunicornError } from "../base/errors.ts";
import { Exchange, type BodySink, type HeaderList, type Peer } from "../http/exchange.ts";
import { OwnBytes } from "../http/own-bytes.ts";
import { UNKNOWN_LENGTH, type ResponseHead } from "../http/response-head.ts";
import type { Rule } from "../http/rules.ts";
import { native } from "../native.ts";
import { BodyInbox } from "./body-inbox.ts";

/** A request's head, parsed and checked. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly httpMinor: number;
  readonly headers: HeaderList;
  /** -1 when chunked, 0 without a body. */
  readonly contentLength: number;
  readonly expectsContinue: boolean;
}

/** What is read and thrown away, at most, of a body that nobody wanted, to keep its connection. */
export const DISCARD_LIMIT = 64 * 1024;

export abstract class EngineExchange extends Exchange {
  /** Of the request's body, so far. */
  declare bodyBytes: number;
  /** Null for a request without a body. */
  declare readonly body: BodyInbox | null;
  /** No body goes out: HEAD, 204, 304. */
  declare protected bodiless: boolean;
  /** Bytes the body must have, or UNKNOWN_LENGTH. */
  declare protected declared: number;

  protected constructor(head: RequestHead, peer: Peer) {
    const { contentLength } = head;
    super(
      head.method,
      head.target,
      head.httpMinor,
      head.headers,
      peer,
      contentLength !== 0,
      contentLength,
      head.expectsContinue,
    );
    this.bodyBytes = 0;
    this.body = contentLength === 0 ? null : new BodyInbox();
    this.bodiless = false;
    this.declared = UNKNOWN_LENGTH;
  }

  /** The whole request, body and trailers, is here. */
  get complete(): boolean {
    return this.body === null || this.body.complete;
  }

  override readBody(sink: BodySink): void {
    if (this.body === null) return sink.end([]);
    this.bodyWanted();
    const isHere = this.complete || this.body.failed;
    // What comes after the answer is thrown away, so that the connection can go on: it is for this reader that the body has failed.
    if (this.body.forgotten || (this.over && !isHere))
      return sink.fail(new JunicornError(this.aborted ? "ERR_CLIENT_GONE" : "ERR_REQUEST_ANSWERED"));
    this.body.open(sink);
    if (!isHere) this.bodyOpened();
  }

  /** A piece of the request's body. False: it is one too many, and the body has failed. */
  takeBody(chunk: Uint8Array, limit: number): boolean {
    const before = this.bodyBytes;
    this.bodyBytes += chunk.byteLength;
    if (before <= LARGE && this.bodyBytes > LARGE) native().keepFreedMemory();
    if (limit === 0 || this.bodyBytes <= limit) {
      this.body?.data(chunk);
      return true;
    }
    this.body?.fail(new JunicornError("ERR_REQUEST_BODY_SIZE", { limit }));
    return false;
  }

  /** Its framing or its trailers break a rule: it will not be completed. */
  bodyBroken({ status, reason }: Rule): void {
    const code = status === 431 ? "ERR_REQUEST_TRAILERS" : "ERR_REQUEST_BODY";
    this.body?.fail(new JunicornError(code, { problem: reason }));
  }

  /** The client is gone or half-closed: the application is told, and may still answer if the connection stands. */
  peerGone(reason: Error): void {
    this.body?.fail(reason);
    const listener = this.onAbort;
    this.onAbort = null;
    listener?.(reason);
  }

  /** The connection is no more. `later`: the application is in one of our calls, so it hears of it when that has returned. */
  lost(reason: Error, later: boolean): void {
    if (this.over) return;
    this.aborted = true;
    this.over = true;
    if (later) queueMicrotask(() => this.#announceLoss(reason));
    else this.#announceLoss(reason);
  }

  /** Somebody asks for the body: the moment for `100 Continue`. */
  protected abstract bodyWanted(): void;
  /** It is being taken, and there is more to come: reads on, unless it was paused meanwhile. */
  protected abstract bodyOpened(): void;

  /** Notes what `head.build()` made of the application's answer. */
  protected answerBegun(head: ResponseHead, status: number, headers: HeaderList): void {
    this.started = true;
    this.status = status;
    this.responseHeaders = headers;
    this.bodiless = head.bodiless;
    this.declared = head.bodiless ? UNKNOWN_LENGTH : head.length;
  }

  /** Has the memory of such bytes given back when the whole answer is out. If it never is, the collector takes them. */
  protected sends(body: string | Uint8Array | null): void {
    if (!(body instanceof OwnBytes)) return;
    native().keepFreedMemory();
    this.onFlushed = () => native().release(body.buffer);
  }

  /** Counts a piece of the body, of which there must not be more than declared. */
  protected countPiece(chunk: string | Uint8Array): number {
    const length = byteLength(chunk);
    if (this.declared >= 0 && this.bytesSent + length > this.declared) {
      const actual = `at least ${this.bytesSent + length}`;
      throw new JunicornError("ERR_RESPONSE_LENGTH", { actual, declared: this.declared });
    }
    this.bytesSent += length;
    return length;
  }

  /** An answer that ends short of what it declared is cut, or the client would wait for the rest. */
  protected checkLength(): void {
    if (this.declared < 0 || this.bytesSent >= this.declared) return;
    const error = new JunicornError("ERR_RESPONSE_LENGTH", { actual: this.bytesSent, declared: this.declared });
    this.abort(error);
    throw error;
  }

  /** The whole answer is out. */
  protected completed(): void {
    this.over = true;
    if (this.body?.requested === false && !this.complete) this.body.forget();
    this.onFlushed?.();
    this.observer?.exchangeOver(this);
  }

  #announceLoss(reason: Error): void {
    this.peerGone(reason);
    this.observer?.exchangeOver(this);
  }
}

/** There are likely to be more bodies of this size. Workers without any would only grow by it, by 5 MiB. */
const LARGE = 256 * 1024;

/** Bytes of a piece of a body on the wire. */
export function byteLength(piece: string | Uint8Array | ArrayBuffer): number {
  return typeof piece === "string" ? Buffer.byteLength(piece) : piece.byteLength;
}
