/** An Exchange over one stream of an HTTP/2 session. */

import type { ServerHttp2Stream } from "node:http2";
import { JunicornError } from "../../base/errors.ts";
import type { HeaderList, HttpVersion } from "../../http/exchange.ts";
import { UNKNOWN_LENGTH } from "../../http/response-head.ts";
import { brokenTrailer } from "../../http/trailer-rules.ts";
import { byteLength, EngineExchange, type RequestHead } from "../engine-exchange.ts";
import type { WatchedConnection } from "../slow-clients.ts";
import { answerFields, interimFields, trailerFields } from "./answer-fields.ts";
import type { H2Host } from "./host.ts";
import { Outbox, type Sender } from "./outbox.ts";
import type { H2Session } from "./session.ts";

export class H2Exchange extends EngineExchange implements WatchedConnection, Sender {
  readonly #session: H2Session;
  readonly #host: H2Host;
  readonly #stream: ServerHttp2Stream;
  readonly reading = true;
  #outbox: Outbox | null = null;
  #bodyPaused = false;
  #continueSent = false;
  #trailersIn: HeaderList = [];
  #trailersOut: HeaderList = [];

  constructor(session: H2Session, stream: ServerHttp2Stream, head: RequestHead) {
    super(head, session.peer);
    this.#session = session;
    this.#host = session.host;
    this.#stream = stream;
    stream.on("aborted", () => this.#gone());
    stream.on("close", () => {
      this.#gone();
      session.streamClosed(stream, this);
    });
    stream.on("finish", () => this.#finished());
    // They may be here before anybody asks for the body.
    if (this.body !== null)
      stream.on("trailers", (_trailers: object, _flags: number, raw: HeaderList) => (this.#trailersIn = raw));
  }

  override get httpVersion(): HttpVersion {
    return "2.0";
  }

  override get session(): object {
    return this.#session;
  }

  // --- for those who watch for slow clients, who see bodies that come in alone ---

  get open(): boolean {
    return !this.over;
  }

  get exchange(): this | null {
    return this.over ? null : this;
  }

  get bodyFlows(): boolean {
    return this.body?.taken === true && !this.#bodyPaused;
  }

  get bodyRequested(): boolean {
    return this.body?.requested === true;
  }

  queued(): number {
    return 0;
  }

  cut(_exchange: object, reason: Error): void {
    this.abort(reason);
  }

  // --- for its outbox ---

  drained(): void {
    this.onDrain?.();
  }

  takesNothing(): void {
    this.abort(this.#session.tookNothing());
  }

  // --- request body ---

  protected override bodyWanted(): void {
    if (this.expectsContinue && !this.complete && !this.started) this.inform(100, []);
  }

  protected override bodyOpened(): void {
    const stream = this.#stream;
    this.#host.slowClients.watch(this);
    stream.on("end", () => this.#bodyEnded());
    stream.on("data", (chunk: Uint8Array) => this.#onData(chunk));
    if (this.#bodyPaused) stream.pause();
  }

  override pauseBody(): void {
    this.#bodyPaused = true;
    if (!this.complete) this.#stream.pause();
  }

  override resumeBody(): void {
    this.#bodyPaused = false;
    if (!this.complete && this.bodyRequested) this.#stream.resume();
  }

  // --- answer ---

  override respond(status: number, _reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    if (this.over || this.started) return;
    const length = body === null ? 0 : byteLength(body);
    const fields = this.#begin(status, headers, length);
    this.ended = true;
    if (this.bodiless || length === 0) body = null;
    else this.bytesSent = length;
    if (!this.#isOpen) return;
    this.#stream.respond(fields, { endStream: body === null });
    if (body !== null) this.#send().whole(body, length);
  }

  override start(status: number, _reason: string, headers: HeaderList): void {
    if (this.over || this.started) return;
    const fields = this.#begin(status, headers, UNKNOWN_LENGTH);
    if (!this.#isOpen) return;
    const waitForTrailers = !this.bodiless && this.declared === UNKNOWN_LENGTH;
    this.#stream.respond(fields, { endStream: this.bodiless, waitForTrailers });
    if (!waitForTrailers) return;
    this.#stream.on("wantTrailers", () => {
      if (this.#isOpen) this.#stream.sendTrailers(trailerFields(this.#host.head, this.#trailersOut));
    });
  }

  override write(chunk: string | Uint8Array): boolean {
    if (this.over || this.ended || this.bodiless || chunk.length === 0) return true;
    if (!this.started) throw new Error("write() before start()");
    this.countPiece(chunk);
    return this.#send().write(chunk);
  }

  override end(trailers: HeaderList = NO_TRAILERS): void {
    if (this.over || this.ended) return;
    if (!this.started) throw new Error("end() before start()");
    this.checkLength();
    if (trailers.length > 0) trailerFields(this.#host.head, trailers); // throws for what must not go on the wire
    this.#trailersOut = trailers;
    this.ended = true;
    if (!this.bodiless) this.#send().end();
    else if (this.#stream.writableFinished) this.#finished();
  }

  override inform(status: number, headers: HeaderList): void {
    if (this.over || this.started || (status === 100 && this.#continueSent)) return;
    if (status === 100) this.#continueSent = true;
    const fields = interimFields(this.#host.head, status, headers);
    if (this.#isOpen) this.#stream.additionalHeaders(fields);
  }

  override abort(reason: Error): void {
    if (this.over) return;
    this.lost(reason, true);
    this.#session.breakOff(this.#stream, reason);
  }

  // --- internal ---

  /** Node's stream takes calls. When it does not, we are about to hear of its end. */
  get #isOpen(): boolean {
    return !this.#stream.destroyed && !this.#stream.closed;
  }

  #begin(status: number, headers: HeaderList, length: number): ReturnType<typeof answerFields> {
    const fields = answerFields(
      this.#host.head,
      this.#host.serverHeader,
      status,
      headers,
      length,
      this.method === "HEAD",
    );
    this.answerBegun(this.#host.head, status, headers);
    if (status === RESET_CONTENT) {
      this.bodiless = true;
      this.declared = UNKNOWN_LENGTH;
      delete fields["content-length"];
    }
    return fields;
  }

  #send(): Outbox {
    return (this.#outbox ??= new Outbox(this.#stream, this.#session, this));
  }

  #onData(chunk: Uint8Array): void {
    const body = this.body!;
    if (body.failed || this.takeBody(chunk, this.#host.bodyLimit)) return;
    this.#stream.pause();
    if (this.over) this.#session.callOff(this.#stream);
  }

  /** Node says so of a body that is cut, too. */
  #bodyEnded(): void {
    const { body } = this;
    if (body === null || body.failed) return;
    if (this.#stream.aborted || this.#stream.rstCode !== 0) return body.fail(new JunicornError("ERR_REQUEST_CUT"));
    const { fields, fieldSize } = this.#host.limits;
    const problem = brokenTrailer(this.#trailersIn, fields, fieldSize);
    if (problem === null) return body.end(this.#trailersIn);
    this.#session.refused(problem.rule);
    body.fail(new JunicornError(problem.code, { problem: problem.reason }));
  }

  /** All of the answer is in the hands of the kernel, or the stream was ended for other reasons. */
  #finished(): void {
    if (this.over || !this.ended) return;
    this.#settle();
    this.completed();
    const stream = this.#stream;
    if (this.complete || stream.closed) return;
    // The rest of a body is of no use, unless somebody is at it (RFC 9113 §8.1).
    if (this.body?.taken === true) stream.setTimeout(BODY_MS, () => this.#session.callOff(stream));
    else this.#session.callOff(stream);
  }

  #settle(): void {
    this.#outbox?.settle();
    if (this.body !== null) this.#host.slowClients.forget(this);
  }

  /** The client has given the request up, or the whole connection is gone. */
  #gone(): void {
    this.#settle();
    if (!this.over) this.lost(new JunicornError("ERR_CLIENT_GONE"), false);
    else if (!this.complete) this.body?.fail(new JunicornError("ERR_CLIENT_GONE"));
  }
}

const NO_TRAILERS: HeaderList = [];

/** A client whose request is answered gets so long without progress to send the rest of its body, if somebody still reads that. */
const BODY_MS = 5000;

/** 205 has no body either, says Node, and takes none. */
const RESET_CONTENT = 205;
