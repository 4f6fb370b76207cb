/** The body of an incoming request, read from its exchange only when the app asks for it, and no faster than it reads. */

import type { ReadableByteStreamController, ReadableStream } from "node:stream/web";
import type { BodySink, Exchange, HeaderList } from "../../../http/exchange.ts";
import { Body, joinBytes } from "./body.ts";
import { webStreams } from "./web-streams.ts";

/** How many bytes may wait in the stream, unread, before the client is made to wait. */
const HIGH_WATER_MARK = 64 * 1024;

export class IncomingBody extends Body {
  readonly #exchange: Exchange;
  readonly #trailers = new Trailers();

  constructor(exchange: Exchange) {
    super();
    this.#exchange = exchange;
  }

  override get length(): number {
    return this.#exchange.contentLength;
  }

  /** The trailer fields, once the body has been read to its end. */
  get trailers(): Promise<HeaderList> {
    return this.#trailers.promise;
  }

  protected override readAll(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#exchange.readBody(new Collector(this.#trailers, resolve, reject));
    });
  }

  protected override makeStream(): ReadableStream<Uint8Array> {
    const source = new StreamSource(this.#exchange, this.#trailers);
    // nothing is read ahead of the first read(): asking for `body` alone must not invite a client that waits for 100 Continue
    return new (webStreams().ReadableStream)(source, { highWaterMark: 0 });
  }
}

// --- internal ---

/** A promise that comes into being only if somebody asks for it. */
class Trailers {
  #list: HeaderList | null = null;
  #error: Error | null = null;
  #promise: Promise<HeaderList> | null = null;
  #resolve: ((list: HeaderList) => void) | null = null;
  #reject: ((error: Error) => void) | null = null;

  get promise(): Promise<HeaderList> {
    if (this.#promise === null) {
      this.#promise = new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
      // whoever asked and lost interest must not bring the worker down
      this.#promise.catch(() => undefined);
      if (this.#list) this.settle(this.#list);
      if (this.#error) this.fail(this.#error);
    }
    return this.#promise;
  }

  settle(list: HeaderList): void {
    this.#list = list;
    this.#resolve?.(list);
  }

  fail(error: Error): void {
    this.#error = error;
    this.#reject?.(error);
  }
}

/** Takes the whole body at once. */
class Collector implements BodySink {
  readonly #chunks: Uint8Array[] = [];
  readonly #trailers: Trailers;
  readonly #resolve: (bytes: Uint8Array) => void;
  readonly #reject: (error: Error) => void;

  constructor(trailers: Trailers, resolve: (bytes: Uint8Array) => void, reject: (error: Error) => void) {
    this.#trailers = trailers;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  data(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  end(trailers: HeaderList): void {
    this.#trailers.settle(trailers);
    this.#resolve(joinBytes(this.#chunks));
  }

  fail(error: Error): void {
    this.#trailers.fail(error);
    this.#reject(error);
  }
}

/** Feeds a byte stream: paused while HIGH_WATER_MARK bytes wait in it, resumed when a reader has emptied it. */
class StreamSource implements BodySink {
  readonly type = "bytes";
  readonly #exchange: Exchange;
  readonly #trailers: Trailers;
  #controller: ReadableByteStreamController | null = null;
  #paused = false;
  #cancelled = false;

  constructor(exchange: Exchange, trailers: Trailers) {
    this.#exchange = exchange;
    this.#trailers = trailers;
  }

  pull(controller: ReadableByteStreamController): void {
    if (this.#controller === null) {
      this.#controller = controller;
      this.#exchange.readBody(this);
    } else if (this.#paused) {
      this.#paused = false;
      this.#exchange.resumeBody();
    }
  }

  cancel(): void {
    // what has not arrived is the engine's to drain or to cut
    if (this.#controller !== null && !this.#paused) this.#exchange.pauseBody();
    this.#cancelled = true;
  }

  data(chunk: Uint8Array): void {
    if (this.#cancelled || chunk.length === 0) return;
    const controller = this.#controller!;
    controller.enqueue(ownBytes(chunk));
    if (!this.#paused && (controller.desiredSize ?? 0) <= -HIGH_WATER_MARK) {
      this.#paused = true;
      this.#exchange.pauseBody();
    }
  }

  end(trailers: HeaderList): void {
    this.#trailers.settle(trailers);
    if (this.#cancelled) return;
    this.#controller!.close();
    this.#controller!.byobRequest?.respond(0);
  }

  fail(error: Error): void {
    this.#trailers.fail(error);
    if (!this.#cancelled) this.#controller!.error(error);
  }
}

/** A byte stream transfers what it is given, so a chunk that shares its memory with others has to be copied. */
function ownBytes(chunk: Uint8Array): Uint8Array {
  return chunk.byteLength === chunk.buffer.byteLength ? chunk : new Uint8Array(chunk);
}
