/** An Exchange spoken over one llhttp connection: the body's way in and the answer's way out. */

import type { Duplex } from "node:stream";
import { JunicornError } from "../../base/errors.ts";
import { Exchange, type BodySink, type HeaderList } from "../../http/exchange.ts";
import { UNKNOWN_LENGTH } from "../../http/response-head.ts";
import type { Connection } from "./connection.ts";
import type { ParsedHead } from "./parsed.ts";

export class LlhttpExchange extends Exchange {
  /** The client would keep the connection after this message. */
  readonly wantsKeepAlive: boolean;
  /** The whole request, body and trailers, has been parsed. */
  complete = false;
  /** Raw mode can still be taken: see `upgrade()`. */
  upgradeable: boolean;

  readonly #connection: Connection;
  #sink: BodySink | null = null;
  /** Body that arrived before anybody asked for it; one read's worth at most, for then reading pauses. */
  #early: Uint8Array[] | null = null;
  #trailers: HeaderList = [];
  #bodyError: Error | null = null;
  #bodyOver = false;
  #bodyPaused = false;
  #bodyRequested = false;
  #continueSent = false;
  /** Head built but not sent yet: it leaves with the first piece of the body, or by itself at the end of the turn. */
  #heldHead = "";
  #chunked = false;
  #bodiless = false;
  #declared = UNKNOWN_LENGTH;
  #closeAfter = false;

  constructor(connection: Connection, head: ParsedHead, upgradeable: boolean) {
    const { contentLength } = head;
    super(
      head.method,
      head.target,
      head.httpMinor,
      head.headers,
      connection.peer,
      contentLength !== 0,
      contentLength,
      head.expectsContinue,
    );
    this.#connection = connection;
    this.wantsKeepAlive = head.wantsKeepAlive;
    this.upgradeable = upgradeable;
  }

  // --- for the connection ---

  /** Somebody is taking the body as it comes. */
  get bodyFlows(): boolean {
    return this.#sink !== null && !this.#bodyPaused;
  }

  get bodyRequested(): boolean {
    return this.#bodyRequested;
  }

  /** The answer told the client that the connection ends with it, or the client cannot know where a next request would start. */
  get closesConnection(): boolean {
    return this.#closeAfter || this.#bodyError !== null;
  }

  /** A piece of the body, a copy of its own. */
  bodyData(chunk: Uint8Array): void {
    if (this.#sink !== null) this.#sink.data(chunk);
    else if (!this.over) (this.#early ??= []).push(chunk);
  }

  bodyEnd(trailers: HeaderList): void {
    this.complete = true;
    this.#trailers = trailers;
    this.#deliverEnd();
  }

  bodyFailed(error: Error): void {
    if (this.#bodyOver) return;
    this.#bodyError = error;
    this.#deliverEnd();
  }

  /** The client is gone or half-closed: the application is told, and may still answer if the connection stands. */
  peerGone(reason: Error): void {
    if (!this.complete) this.bodyFailed(reason);
    const listener = this.onAbort;
    this.onAbort = null;
    listener?.(reason);
  }

  /** The connection is no more. `later`: the application is in one of our calls, so it hears of it when that has returned. */
  lost(reason: Error, later: boolean): void {
    if (this.over) return;
    this.aborted = true;
    this.over = true;
    this.#heldHead = "";
    if (later) queueMicrotask(() => this.#announceLoss(reason));
    else this.#announceLoss(reason);
  }

  /** The queue is empty. */
  drained(): void {
    if (this.ended) this.#finish();
    else this.onDrain?.();
  }

  /** Sends a head that is still held. */
  flushHead(): void {
    if (this.#heldHead === "" || this.over) return;
    const head = this.#heldHead;
    this.#heldHead = "";
    this.#connection.write(head, null, "");
  }

  // --- request body ---

  override readBody(sink: BodySink): void {
    if (this.#bodyRequested) throw new Error("the request body is being read already");
    this.#bodyRequested = true;
    this.#sink = sink;
    if (!this.hasBody) return this.#deliverEnd();
    if (this.expectsContinue && !this.complete && !this.started && !this.over && !this.#continueSent) {
      this.#continueSent = true;
      this.#connection.write("HTTP/1.1 100 Continue\r\n\r\n", null, "");
    }
    const early = this.#early;
    this.#early = null;
    if (early !== null) for (const chunk of early) sink.data(chunk);
    if (this.complete || this.#bodyError !== null) this.#deliverEnd();
    else if (this.over) sink.fail(new JunicornError("ERR_CLIENT_GONE"));
    else if (!this.#bodyPaused) this.#connection.read(true);
  }

  override pauseBody(): void {
    this.#bodyPaused = true;
    if (!this.complete) this.#connection.read(false);
  }

  override resumeBody(): void {
    this.#bodyPaused = false;
    if (!this.complete && this.#sink !== null) this.#connection.read(true);
  }

  // --- answer ---

  override respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    if (this.over || this.started) return;
    const length = body === null ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    const head = this.#connection.head;
    head.build(status, reason, headers, length, this.method === "HEAD", this.httpMinor, this.#connection.mayKeep(this));
    this.started = true;
    this.ended = true;
    this.status = status;
    this.responseHeaders = headers;
    this.#closeAfter = head.close;
    if (head.bodiless || length === 0) body = null;
    else this.bytesSent = length;
    if (this.#connection.write(head.text, body, "") === 0) this.#finish();
  }

  override start(status: number, reason: string, headers: HeaderList): void {
    if (this.over || this.started) return;
    const head = this.#connection.head;
    head.build(
      status,
      reason,
      headers,
      UNKNOWN_LENGTH,
      this.method === "HEAD",
      this.httpMinor,
      this.#connection.mayKeep(this),
    );
    this.started = true;
    this.status = status;
    this.responseHeaders = headers;
    this.#closeAfter = head.close;
    this.#chunked = head.chunked && !head.bodiless;
    this.#bodiless = head.bodiless;
    this.#declared = head.bodiless ? UNKNOWN_LENGTH : head.length;
    this.#heldHead = head.text;
    this.#connection.host.flushSoon(this);
  }

  override write(chunk: string | Uint8Array): boolean {
    if (this.over || this.ended || this.#bodiless || chunk.length === 0) return true;
    if (!this.started) throw new Error("write() before start()");
    const length = typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.byteLength;
    if (this.#declared >= 0 && this.bytesSent + length > this.#declared) {
      throw new JunicornError("ERR_RESPONSE_LENGTH", {
        actual: `at least ${this.bytesSent + length}`,
        declared: this.#declared,
      });
    }
    this.bytesSent += length;
    let head = this.#heldHead;
    this.#heldHead = "";
    if (!this.#chunked) return this.#connection.write(head, chunk, "") === 0;
    head += length.toString(16) + "\r\n";
    return this.#connection.write(head, chunk, "\r\n") === 0;
  }

  override end(trailers: HeaderList = NO_TRAILERS): void {
    if (this.over || this.ended) return;
    if (!this.started) throw new Error("end() before start()");
    if (this.#declared >= 0 && this.bytesSent < this.#declared) {
      const error = new JunicornError("ERR_RESPONSE_LENGTH", { actual: this.bytesSent, declared: this.#declared });
      this.abort(error); // or the client would wait for the rest
      throw error;
    }
    this.ended = true;
    let last = this.#heldHead;
    this.#heldHead = "";
    if (this.#chunked)
      last += trailers.length === 0 ? "0\r\n\r\n" : "0\r\n" + this.#connection.head.fields(trailers) + "\r\n";
    const queued = last === "" ? this.#connection.queued() : this.#connection.write(last, null, "");
    if (queued === 0) this.#finish();
  }

  override inform(status: number, headers: HeaderList): void {
    if (this.over || this.started || this.httpMinor === 0) return;
    if (status === 100) {
      if (this.#continueSent) return;
      this.#continueSent = true;
    }
    this.#connection.write(this.#connection.head.interim(status, headers), null, "");
  }

  override abort(reason: Error): void {
    if (this.over) return;
    this.#connection.cut(this, reason);
  }

  override get isUpgrade(): boolean {
    return this.upgradeable && !this.started && !this.over;
  }

  override upgrade(): { socket: Duplex; head: Buffer } {
    if (!this.isUpgrade) throw new Error("this request cannot be upgraded any more");
    this.upgradeable = false;
    this.started = true;
    this.ended = true;
    this.status = this.method === "CONNECT" ? 200 : 101;
    return this.#connection.detach(this);
  }

  /** An upgraded socket has closed. */
  upgradeOver(): void {
    if (this.over) return;
    this.over = true;
    this.observer?.exchangeOver(this);
  }

  /** True if a client that asked for 100-continue never got it: it may or may not send the body now. */
  get bodyUncertain(): boolean {
    return this.expectsContinue && !this.#continueSent && !this.complete;
  }

  // --- internal ---

  #announceLoss(reason: Error): void {
    this.peerGone(reason);
    this.observer?.exchangeOver(this);
  }

  #deliverEnd(): void {
    const sink = this.#sink;
    if (sink === null || this.#bodyOver) return;
    this.#bodyOver = true;
    this.#sink = null;
    if (this.#bodyError !== null) sink.fail(this.#bodyError);
    else sink.end(this.#trailers);
  }

  #finish(): void {
    if (this.over) return;
    this.over = true;
    this.#early = null;
    this.onFlushed?.();
    this.observer?.exchangeOver(this);
    this.#connection.exchangeDone(this);
  }
}

const NO_TRAILERS: HeaderList = [];
