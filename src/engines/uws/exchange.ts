/** An Exchange over a uWebSockets response. The response must never be touched once it is answered or aborted: it is dropped at once then. */

import type { Duplex } from "node:stream";
import { JunicornError } from "../../base/errors.ts";
import { Exchange, type BodySink, type HeaderList, type Peer } from "../../http/exchange.ts";
import type { Framing } from "../../http/request-rules.ts";
import { UNKNOWN_LENGTH, type ResponseHead } from "../../http/response-head.ts";
import type { UwsResponse } from "./binding.ts";
import { FixedBody } from "./fixed-body.ts";
import { writeHead } from "./write-head.ts";

/** What an exchange needs of its engine. */
export interface UwsHost {
  readonly head: ResponseHead;
  readonly serverHeader: string;
  readonly keepsConnections: boolean;
  /** The response is answered or aborted. */
  done(): void;
}

/** A whole body larger than this goes out as the client takes it, instead of being copied into uWebSockets' own buffer. */
const COPY_LIMIT = 64 * 1024;

export class UwsExchange extends Exchange {
  readonly #host: UwsHost;
  /** Null once it must not be touched. */
  #res: UwsResponse | null;
  /** We are inside the route handler, where uWebSockets collects all writes into one. */
  #corked = true;
  #sink: BodySink | null = null;
  #early: Uint8Array[] | null = null;
  #bodyRequested = false;
  #complete: boolean;
  #bodyOver = false;
  /** Headers of a streamed answer: their lines, held until the first piece of the body. */
  #held: (() => void) | null = null;
  #fixed: FixedBody | null = null;
  #chunkedBegun = false;
  #bodiless = false;
  /** Content-Length to be said, or UNKNOWN_LENGTH. */
  #length = UNKNOWN_LENGTH;
  /** Bytes that the body must have, or UNKNOWN_LENGTH. */
  #declared = UNKNOWN_LENGTH;
  readonly #wantsClose: boolean;
  #close = false;
  #watchesDrain = false;

  constructor(
    host: UwsHost, res: UwsResponse, method: string, target: string, headers: HeaderList, peer: Peer, framing: Framing,
  ) {
    super(method, target, 1, headers, peer, framing.contentLength !== 0, framing.contentLength, framing.expectsContinue);
    this.#host = host;
    this.#res = res;
    this.#complete = !this.hasBody;
    this.#wantsClose = framing.close;
    // Whoever does not listen now misses the body that came with the head.
    if (this.hasBody) res.onData((chunk, last) => this.#onData(chunk, last));
  }

  /** The route handler returns. uWebSockets reports nothing before that, so only answers still to come need to hear of an abort. */
  handlerReturned(): void {
    this.#corked = false;
    this.#res?.onAborted(() => this.#lost(new JunicornError("ERR_CLIENT_GONE")));
  }

  // --- request body ---

  override readBody(sink: BodySink): void {
    if (this.#bodyRequested) throw new Error("the request body is being read already");
    this.#bodyRequested = true;
    this.#sink = sink;
    const early = this.#early;
    this.#early = null;
    if (early !== null) {
      for (const chunk of early) sink.data(chunk);
      if (!this.#complete) this.#res?.resume();
    }
    if (this.#complete) this.#endBody();
    else if (this.over) this.#failBody(new JunicornError("ERR_CLIENT_GONE"));
  }

  override pauseBody(): void {
    if (!this.#complete) this.#res?.pause();
  }

  override resumeBody(): void {
    if (!this.#complete) this.#res?.resume();
  }

  // --- answer ---

  override respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    const res = this.#res;
    if (res === null || this.started) return;
    const length = body === null ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    this.#build(status, reason, headers, length);
    this.ended = true;
    if (this.#bodiless) body = null;
    else this.bytesSent = length;
    if (body !== null && length > COPY_LIMIT) {
      this.#holdHead();
      this.#writeFixed(typeof body === "string" ? Buffer.from(body) : body);
    } else if (this.#corked) {
      this.#sendWhole(res, body);
    } else {
      res.cork(() => this.#sendWhole(res, body));
    }
  }

  override start(status: number, reason: string, headers: HeaderList): void {
    if (this.#res === null || this.started) return;
    this.#build(status, reason, headers, UNKNOWN_LENGTH);
    this.#holdHead();
    // A chunked head cannot be sent before its first chunk; one with a length can.
    if (this.#declared > 0) queueMicrotask(() => this.#flushHead());
  }

  override write(chunk: string | Uint8Array): boolean {
    const res = this.#res;
    if (this.over || this.ended || this.#bodiless || chunk.length === 0) return true;
    if (!this.started) throw new Error("write() before start()");
    const length = typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.byteLength;
    if (this.#declared >= 0 && this.bytesSent + length > this.#declared) {
      throw new JunicornError("ERR_RESPONSE_LENGTH", { actual: `at least ${this.bytesSent + length}`, declared: this.#declared });
    }
    this.bytesSent += length;
    if (this.#declared >= 0) return this.#writeFixed(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    return res === null ? true : this.#writeChunk(res, chunk);
  }

  /** Trailers are not sent: uWebSockets ends a chunked answer without any. */
  override end(_trailers?: HeaderList): void {
    if (this.over || this.ended) return;
    if (!this.started) throw new Error("end() before start()");
    if (this.#declared >= 0 && this.bytesSent < this.#declared) {
      const error = new JunicornError("ERR_RESPONSE_LENGTH", { actual: this.bytesSent, declared: this.#declared });
      this.abort(error); // or the client would wait for the rest
      throw error;
    }
    this.ended = true;
    const res = this.#res;
    if (this.#declared > 0 || res === null) {
      if (this.#fixed === null || this.#fixed.done) this.#finish();
      return;
    }
    this.#inCork(res, () => {
      this.#takeHead();
      if (this.#bodiless) this.#endWithoutBody(res);
      // Told to close here, uWebSockets would write the field into the body; the head has said it, and the client closes.
      else res.end("");
    });
    this.#finish();
  }

  /** uWebSockets has no interim answers but the 100 that it sends by itself. */
  override inform(): void {}

  override abort(reason: Error): void {
    if (this.over) return;
    const res = this.#res;
    this.#res = null;
    this.aborted = true;
    this.over = true;
    this.#held = null;
    res?.close();
    queueMicrotask(() => this.#announceLoss(reason));
  }

  override get isUpgrade(): boolean {
    return false;
  }

  override upgrade(): { socket: Duplex; head: Buffer } {
    throw new Error("uWebSockets does not hand out raw sockets");
  }

  // --- internal ---

  #build(status: number, reason: string, headers: HeaderList, length: number): void {
    const { head } = this.#host;
    const keep = this.#host.keepsConnections && !this.#wantsClose;
    head.build(status, reason, headers, length, this.method === "HEAD", 1, keep);
    this.started = true;
    this.status = status;
    this.responseHeaders = headers;
    this.#close = head.close;
    this.#bodiless = head.bodiless;
    this.#length = head.length;
    this.#declared = head.bodiless ? UNKNOWN_LENGTH : head.length;
  }

  #sendWhole(res: UwsResponse, body: string | Uint8Array | null): void {
    // Where the client asked for the end, uWebSockets keeps to that without saying so.
    writeHead(res, this.#host.head, this.#host.serverHeader, this.#wantsClose);
    if (this.#bodiless) this.#endWithoutBody(res);
    else res.end(body ?? "", this.#close);
    this.#finish();
  }

  #endWithoutBody(res: UwsResponse): void {
    if (this.#length >= 0) res.endWithoutBody(this.#length, this.#close);
    else res.endWithoutBody();
  }

  /** The builder is shared, so what it says now is kept as a closure; only streamed answers pay for it. */
  #holdHead(): void {
    const { head, serverHeader } = this.#host;
    const { statusText, lines, hasServer, hasDate, close, connectionLine } = head;
    const kept = { statusText, lines, hasServer, hasDate, close, connectionLine };
    this.#held = () => {
      if (this.#res !== null) writeHead(this.#res, kept, serverHeader, close);
    };
  }

  #takeHead(): void {
    const held = this.#held;
    this.#held = null;
    held?.();
  }

  #flushHead(): void {
    if (this.#held === null || this.#res === null) return;
    this.#writeFixed(new Uint8Array(0));
  }

  #inCork(res: UwsResponse, work: () => void): void {
    if (this.#corked) work();
    else res.cork(work);
  }

  #writeChunk(res: UwsResponse, chunk: string | Uint8Array): boolean {
    let room = true;
    const first = !this.#chunkedBegun;
    this.#chunkedBegun = true;
    if (!first) room = res.write(chunk);
    else {
      this.#inCork(res, () => {
        this.#takeHead();
        room = res.write(chunk);
      });
    }
    if (!room && !this.#watchesDrain) {
      this.#watchesDrain = true;
      res.onWritable(() => {
        this.onDrain?.();
        return true;
      });
    }
    return room;
  }

  #writeFixed(chunk: Uint8Array): boolean {
    const res = this.#res;
    if (res === null) return true;
    let fixed = this.#fixed;
    if (fixed === null) {
      fixed = this.#fixed = new FixedBody(res, this.#declared);
      res.onWritable((offset) => this.#onWritable(offset));
    }
    let room = true;
    this.#inCork(res, () => {
      this.#takeHead();
      room = fixed.write(chunk);
    });
    if (fixed.done) this.#fixedDone();
    return room;
  }

  #onWritable(offset: number): boolean {
    const room = this.#fixed?.resume(offset) ?? true;
    if (this.#fixed?.done === true) this.#fixedDone();
    else if (room) this.onDrain?.();
    return room;
  }

  /** Every byte that was promised is out, so uWebSockets takes the answer for complete, whether or not `end()` was called yet. */
  #fixedDone(): void {
    if (this.#res === null) return;
    this.#res = null;
    this.#fixed = FINISHED;
    this.#host.done();
    if (this.ended) this.#over();
  }

  #onData(chunk: ArrayBuffer, last: boolean): void {
    if (chunk.byteLength > 0) {
      const copy = Buffer.from(new Uint8Array(chunk)); // theirs is taken back when we return
      if (this.#sink !== null) this.#sink.data(copy);
      else if (!this.over && !this.#bodyOver) (this.#early ??= []).push(copy);
    }
    if (last) {
      this.#complete = true;
      this.#endBody();
    } else if (this.#sink === null && this.#early !== null) this.#res?.pause();
  }

  #endBody(): void {
    const sink = this.#sink;
    if (sink === null || this.#bodyOver) return;
    this.#bodyOver = true;
    this.#sink = null;
    sink.end([]);
  }

  #failBody(error: Error): void {
    const sink = this.#sink;
    if (sink === null || this.#bodyOver || this.#complete) return;
    this.#bodyOver = true;
    this.#sink = null;
    sink.fail(error);
  }

  /** The connection is gone; called by uWebSockets. */
  #lost(reason: Error): void {
    this.#res = null;
    if (this.over) return;
    this.aborted = true;
    this.over = true;
    this.#held = null;
    this.#announceLoss(reason);
  }

  #announceLoss(reason: Error): void {
    this.#host.done();
    this.#failBody(reason);
    const listener = this.onAbort;
    this.onAbort = null;
    listener?.(reason);
    this.observer?.exchangeOver(this);
  }

  /** The answer is uWebSockets' now, to the last byte. */
  #finish(): void {
    if (this.#res !== null) {
      this.#res = null;
      this.#host.done();
    }
    this.#over();
  }

  #over(): void {
    if (this.over) return;
    this.over = true;
    this.#early = null;
    this.onFlushed?.();
    this.observer?.exchangeOver(this);
  }
}

/** Stands for a fixed body that is out. */
const FINISHED = { done: true, write: () => true, resume: () => true } as unknown as FixedBody;
