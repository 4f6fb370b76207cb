/** An Exchange in a pool thread: the request came in a message, and the answer leaves in messages. Its rules are those of the engines. */

import { JunicornError } from "../../base/errors.ts";
import { Exchange, type BodySink, type HeaderList, type HttpVersion, type Peer } from "../../http/exchange.ts";
import { UNKNOWN_LENGTH, type ResponseHead } from "../../http/response-head.ts";
import { BodyFeed } from "./body-feed.ts";
import {
  INLINE_BODY,
  TaskFlag,
  WINDOW,
  transferable,
  type Answer,
  type FromThread,
  type RequestTask,
} from "./messages.ts";
import { Pieces, withLength } from "./pieces.ts";

/** What an exchange needs of its thread. */
export interface ThreadLine {
  /** Checks heads; the main thread builds the one that goes out. */
  readonly head: ResponseHead;
  send(message: FromThread, transfer?: ArrayBuffer): void;
  /** The thread is through with this request: what was sent last says so. */
  over(exchange: ThreadExchange): void;
}

export class ThreadExchange extends Exchange {
  readonly id: number;
  /** What `handle()` returned: settles when the application has finished, whatever became of the answer. */
  pending: PromiseLike<unknown> | null = null;

  readonly #isHttp2: boolean;
  readonly #line: ThreadLine;
  readonly #body: BodyFeed;
  #bodyAsked = false;
  #bodiless = false;
  #declared = UNKNOWN_LENGTH;
  /** Bytes sent that the main thread has not passed on yet. */
  #underWay = 0;
  #full = false;
  /** What is left of an answer given in one piece. */
  #rest: Pieces | null = null;

  constructor(task: RequestTask, line: ThreadLine) {
    const [id, method, target, httpMinor, rawHeaders, contentLength, flags, remoteAddress, remotePort] = task;
    const [, , , , , , , , , localAddress, localPort, unixPath, body, via, tls] = task;
    const encrypted = tls !== null;
    const scheme: Peer["scheme"] = (flags & TaskFlag.HTTPS) !== 0 ? "https" : "http";
    const trusted = (flags & TaskFlag.TRUSTED) !== 0;
    // No spread, which would make an object of a slower kind for every request.
    const peer = { remoteAddress, remotePort, localAddress, localPort, unixPath, encrypted, scheme, trusted, via, tls };
    super(
      method,
      target,
      httpMinor,
      rawHeaders,
      peer,
      contentLength !== 0,
      contentLength,
      (flags & TaskFlag.EXPECTS_CONTINUE) !== 0,
    );
    this.id = id;
    this.#isHttp2 = (flags & TaskFlag.HTTP2) !== 0;
    this.#line = line;
    this.#body = new BodyFeed((bytes) => line.send({ type: "taken", id, bytes }));
    if (body !== null) this.#body.data(asBuffer(body));
    if (body !== null || contentLength === 0) this.#body.end([]);
  }

  override get httpVersion(): HttpVersion {
    return this.#isHttp2 ? "2.0" : super.httpVersion;
  }

  /** A part of the request is still to come, though the thread may be serving another by now. */
  get bodyFlows(): boolean {
    return this.#bodyAsked && !this.#body.complete;
  }

  // --- from the main thread ---

  bodyData(chunk: Uint8Array): void {
    this.#body.data(asBuffer(chunk));
  }

  bodyEnd(trailers: HeaderList): void {
    this.#body.end(trailers);
  }

  bodyFailed(error: Error): void {
    this.#body.fail(error);
  }

  /** The main thread has passed on so many bytes. */
  credit(bytes: number): void {
    this.#underWay -= bytes;
    if (this.#rest !== null) return this.#sendRest();
    if (!this.#full || this.#underWay > WINDOW / 2 || this.over) return;
    this.#full = false;
    this.onDrain?.();
  }

  /** The client is gone, or the time for this request is up. `over`: nothing can be sent any more. */
  gone(reason: Error, over: boolean, expired: boolean): void {
    if (this.over) return;
    this.expired = expired;
    if (over) {
      this.aborted = true;
      this.over = true;
      this.#rest = null;
    }
    this.#body.fail(reason);
    const listener = this.onAbort;
    this.onAbort = null;
    listener?.(reason);
    if (!over) return;
    // One whose time is up keeps the thread until the application has returned, which is what the time-out is there to enforce.
    const release = (): void => this.#release();
    if (expired && this.pending !== null) this.pending.then(release, release);
    else release();
  }

  // --- request body ---

  override readBody(sink: BodySink): void {
    if (this.#bodyAsked) throw new Error("the request body is being read already");
    this.#bodyAsked = true;
    if (!this.#body.complete) this.#line.send({ type: "read", id: this.id });
    this.#body.read(sink);
  }

  override pauseBody(): void {
    this.#body.pause();
  }

  override resumeBody(): void {
    this.#body.resume();
  }

  // --- answer ---

  override respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    if (this.over || this.started) return;
    const length = body === null ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    const { head } = this.#line;
    const isHead = this.method === "HEAD";
    head.build(status, reason, headers, length, isHead, this.httpMinor, true);
    this.#begin(status, headers);
    this.ended = true;
    if (!head.bodiless) this.bytesSent = length;
    if (head.bodiless || length === 0) return this.#answer(status, reason, withLength(headers, head.length), null);
    if (length <= INLINE_BODY) return this.#answer(status, reason, headers, body);
    this.#line.send({ type: "start", id: this.id, status, reason, headers: withLength(headers, length) });
    this.#rest = new Pieces(body!);
    this.#sendRest();
  }

  override start(status: number, reason: string, headers: HeaderList): void {
    if (this.over || this.started) return;
    const { head } = this.#line;
    head.build(status, reason, headers, UNKNOWN_LENGTH, this.method === "HEAD", this.httpMinor, true);
    this.#begin(status, headers);
    this.#bodiless = head.bodiless;
    this.#declared = head.bodiless ? UNKNOWN_LENGTH : head.length;
    this.#line.send({ type: "start", id: this.id, status, reason, headers });
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
    this.#sendChunk(chunk, length);
    this.#full = this.#underWay >= WINDOW;
    return !this.#full;
  }

  override end(trailers: HeaderList = []): void {
    if (this.over || this.ended) return;
    if (!this.started) throw new Error("end() before start()");
    if (this.#declared >= 0 && this.bytesSent < this.#declared) {
      const error = new JunicornError("ERR_RESPONSE_LENGTH", { actual: this.bytesSent, declared: this.#declared });
      this.abort(error); // or the client would wait for the rest
      throw error;
    }
    if (trailers.length > 0) this.#line.head.fields(trailers); // throws for what must not go on the wire
    this.ended = true;
    this.#end(trailers);
  }

  override inform(status: number, headers: HeaderList): void {
    if (this.over || this.started || this.httpMinor === 0) return;
    this.#line.head.interim(status, headers);
    this.#line.send({ type: "inform", id: this.id, status, headers });
  }

  override abort(reason: Error): void {
    if (this.over) return;
    this.aborted = true;
    this.over = true;
    this.#rest = null;
    this.#line.send({ type: "abort", id: this.id, message: reason.message });
    this.#line.over(this);
    queueMicrotask(() => {
      this.#body.fail(reason);
      const listener = this.onAbort;
      this.onAbort = null;
      listener?.(reason);
    });
  }

  // --- internal ---

  #begin(status: number, headers: HeaderList): void {
    this.started = true;
    this.status = status;
    this.responseHeaders = headers;
  }

  #answer(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    const copy = body === null || typeof body === "string" ? body : new Uint8Array(body);
    const transfer = copy instanceof Uint8Array ? copy.buffer : undefined;
    this.#line.send([this.id, status, reason, headers, copy] satisfies Answer, transfer);
    this.#finish();
  }

  #end(trailers: HeaderList): void {
    this.#line.send({ type: "end", id: this.id, trailers });
    this.#finish();
  }

  /** The answer is in the main thread's hands, which for the application is as good as sent. */
  #finish(): void {
    this.over = true;
    this.onFlushed?.();
    this.#line.over(this);
  }

  #release(): void {
    this.#line.send({ type: "released", id: this.id });
    this.#line.over(this);
  }

  #sendRest(): void {
    while (this.#rest?.done === false && this.#underWay + INLINE_BODY <= WINDOW) this.#sendBytes(this.#rest.next());
    // A body that moved as it is may be larger than what may wait for the client: until then the thread is not free.
    if (this.#rest?.done !== true || this.#underWay > WINDOW) return;
    this.#rest = null;
    this.#end([]);
  }

  /** Bytes are copied once, for they are the application's, and the copy changes hands; text of any size is made into bytes here. */
  #sendChunk(chunk: string | Uint8Array, length: number): void {
    if (typeof chunk !== "string") return this.#sendBytes(new Uint8Array(chunk));
    if (length > SHORT_TEXT) return this.#sendBytes(transferable(Buffer.from(chunk)));
    this.#underWay += length;
    this.#line.send({ type: "write", id: this.id, chunk, length });
  }

  #sendBytes(chunk: Uint8Array<ArrayBuffer>): void {
    this.#underWay += chunk.length;
    this.#line.send({ type: "write", id: this.id, chunk, length: chunk.length }, chunk.buffer);
  }
}

/** Up to this size a string is cloned sooner than its bytes are made and moved. */
const SHORT_TEXT = 4 * 1024;

/** Applications expect Buffers, which a structured clone makes into plain Uint8Arrays. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
