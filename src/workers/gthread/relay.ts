/** The main thread's side of one request that a pool thread serves: passes the body in and the answer out, each as fast as the other end takes it. */

import { ERRORS, JunicornError, rowOf } from "../../base/errors.ts";
import type { BodySink, Exchange, HeaderList } from "../../http/exchange.ts";
import { OwnBytes } from "../../http/own-bytes.ts";
import { CREDIT_STEP, INLINE_BODY, TaskFlag, WINDOW, transferable } from "./messages.ts";
import type { AboutRequest, Reason, RequestTask } from "./messages.ts";
import type { PoolThread } from "./pool-thread.ts";

export class Relay implements BodySink {
  readonly id: number;
  readonly exchange: Exchange;
  /** When it was ready to be served, in milliseconds of `performance.now()`. */
  since = 0;
  /** When a thread took it. */
  begunAt = 0;
  /** Neighbours in the queue. */
  before: Relay | null = null;
  after: Relay | null = null;
  /** The client is gone, or time is up: not worth a thread. */
  cancelled = false;
  expired = false;
  thread: PoolThread | null = null;
  /** Runs from the end of its time to that of everybody's patience. */
  overdue: NodeJS.Timeout | undefined = undefined;

  /** The body of a small request, until it is complete. */
  #collected: Uint8Array[] | null = null;
  #body: Uint8Array<ArrayBuffer> | null = null;
  #whenReady: (() => void) | null = null;
  #bodyFlows = false;
  #paused = false;
  /** Body bytes on their way to the application. */
  #underWay = 0;
  /** Answer bytes passed on, for which the thread has had no credit yet. */
  #passed = 0;
  #answering = false;

  constructor(exchange: Exchange) {
    this.id = exchange.serial;
    this.exchange = exchange;
  }

  /** A body that is small and was not asked for step by step is read before a thread is: a slow client then costs nobody anything. */
  prepare(whenReady: () => void): void {
    const { hasBody, contentLength, expectsContinue } = this.exchange;
    if (!hasBody || contentLength < 0 || contentLength > INLINE_BODY || expectsContinue) return whenReady();
    this.#collected = [];
    this.#whenReady = whenReady;
    this.exchange.readBody(this);
  }

  /** Something may still pass between the client and the thread. */
  get isOpen(): boolean {
    return this.#bodyFlows || this.#answering;
  }

  /** Hands the request to a thread. */
  begin(thread: PoolThread): void {
    this.thread = thread;
    this.begunAt = performance.now();
    const { method, target, httpMinor, rawHeaders, contentLength, peer } = this.exchange;
    const { remoteAddress, remotePort, localAddress, localPort, unixPath, via, tls } = peer;
    const body = this.#body;
    this.#body = null;
    let flags = this.exchange.expectsContinue ? TaskFlag.EXPECTS_CONTINUE : 0;
    if (peer.scheme === "https") flags |= TaskFlag.HTTPS;
    if (peer.trusted) flags |= TaskFlag.TRUSTED;
    if (this.exchange.httpVersion === "2.0") flags |= TaskFlag.HTTP2;
    const task: RequestTask = [
      this.id,
      method,
      target,
      httpMinor,
      rawHeaders,
      contentLength,
      flags,
      remoteAddress,
      remotePort,
      localAddress,
      localPort,
      unixPath,
      body,
      via,
      tls,
    ];
    thread.send(task, body?.buffer);
  }

  /** The exchange's `onAbort`. */
  gone(error: Error): void {
    const { exchange } = this;
    const expired = ENDED_BY_US.has(rowOf(error));
    const over = exchange.over || expired;
    this.expired ||= expired;
    this.cancelled ||= over;
    if (over) this.#answering = false;
    this.thread?.send({ type: "gone", id: this.id, reason: reasonOf(error), over, expired });
  }

  // --- the answer ---

  /** A message of the thread about this request. Throws what the exchange throws: an answer that must not go out. */
  hear(message: AboutRequest): void {
    const { exchange } = this;
    switch (message.type) {
      case "read":
        return this.#startBody();
      case "taken":
        return this.#bodyTaken(message.bytes);
      case "inform":
        return exchange.inform(message.status, message.headers);
      case "start":
        this.#answering = true;
        exchange.onDrain = () => this.#credit();
        return exchange.start(message.status, message.reason, message.headers);
      case "write":
        this.#passed += message.length;
        if (exchange.write(ownIfLarge(message.chunk)) && this.#passed >= CREDIT_STEP) this.#credit();
        return;
      case "end":
        this.#answering = false;
        exchange.onDrain = null;
        return exchange.end(message.trailers);
      case "abort":
        this.#answering = false;
        return exchange.abort(new Error(message.message));
      case "released":
        return;
      default:
        message satisfies never;
    }
  }

  // --- BodySink: the body as it comes from the client ---

  data(chunk: Uint8Array): void {
    if (this.#collected !== null) {
      this.#collected.push(chunk);
      return;
    }
    this.#underWay += chunk.length;
    const own = transferable(chunk);
    this.thread!.send({ type: "body", id: this.id, chunk: own }, own.buffer);
    if (this.#paused || this.#underWay < WINDOW) return;
    this.#paused = true;
    this.exchange.pauseBody();
  }

  end(trailers: HeaderList): void {
    const collected = this.#collected;
    if (collected === null) {
      this.#bodyFlows = false;
      return this.thread!.send({ type: "body-end", id: this.id, trailers });
    }
    this.#collected = null;
    this.#body = joined(collected);
    this.#whenReady!();
  }

  fail(error: Error): void {
    if (this.#collected === null) {
      this.#bodyFlows = false;
      return this.thread!.send({ type: "body-failed", id: this.id, reason: reasonOf(error) });
    }
    this.#collected = null;
    this.onUnready?.(error);
  }

  /** Told if the body of a request that is being prepared breaks off. */
  onUnready: ((error: Error) => void) | null = null;

  // --- internal ---

  #startBody(): void {
    this.#bodyFlows = true;
    this.exchange.readBody(this);
  }

  #bodyTaken(bytes: number): void {
    this.#underWay -= bytes;
    if (!this.#paused || this.#underWay > WINDOW / 2) return;
    this.#paused = false;
    this.exchange.resumeBody();
  }

  #credit(): void {
    const bytes = this.#passed;
    if (bytes === 0 || !this.#answering) return;
    this.#passed = 0;
    this.thread!.send({ type: "credit", id: this.id, bytes });
  }
}

// --- internal ---

/** The client has been told: a thread that does not return is ended in the end. */
const ENDED_BY_US: ReadonlySet<unknown> = new Set([ERRORS.ERR_REQUEST_DEADLINE, ERRORS.ERR_REQUEST_CANCELLED]);

/** Errors cross by code: what the engine says of a client or a body is always one of ours. */
function reasonOf(error: Error): Reason {
  if (error instanceof JunicornError) return { code: error.code, details: error.details };
  return { code: "ERR_REQUEST_BODY", details: { problem: error.message } };
}

/** What came from a thread is nobody else's. */
function ownIfLarge(chunk: string | Uint8Array): string | Uint8Array {
  return typeof chunk === "string" ? chunk : OwnBytes.takeOver(chunk);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  if (chunks.length === 1) return transferable(chunks[0]!);
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
