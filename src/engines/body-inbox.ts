/** The receiving end of a request body: keeps what comes before anybody asks for it, then passes everything on. */

import { inRequest } from "../base/request-contexts.ts";
import type { BodySink, HeaderList } from "../http/exchange.ts";

export class BodyInbox {
  /** All of it, trailers included, has arrived. */
  complete = false;
  /** Somebody has asked for it. */
  requested = false;
  #sink: BodySink | null = null;
  /** What came early: one read's worth at most, for reading pauses until somebody asks. */
  #early: Uint8Array[] | null = null;
  #trailers: HeaderList = [];
  #error: Error | null = null;
  #forgotten = false;

  /** Somebody is taking it as it comes. */
  get taken(): boolean {
    return this.#sink !== null;
  }

  get failed(): boolean {
    return this.#error !== null;
  }

  /** Something of it was thrown away, or will be. */
  get forgotten(): boolean {
    return this.#forgotten;
  }

  /** Hands it to `sink` from here on, beginning with what is here. */
  open(sink: BodySink): void {
    if (this.requested) throw new Error("the request body is being read already");
    this.requested = true;
    this.#sink = sink;
    const early = this.#early;
    this.#early = null;
    if (early !== null) for (const chunk of early) sink.data(chunk);
    if (this.complete || this.failed) this.#close();
  }

  /** A piece, which is the receiver's to keep. */
  data(chunk: Uint8Array): void {
    const sink = this.#sink;
    if (sink !== null) inRequest((piece) => sink.data(piece), chunk);
    else (this.#early ??= []).push(chunk);
  }

  end(trailers: HeaderList): void {
    this.complete = true;
    this.#trailers = trailers;
    if (this.#sink !== null) inRequest((inbox) => inbox.#close(), this);
  }

  /** It will not be completed. Once complete, or failed before, nothing happens. */
  fail(error: Error): void {
    if (this.complete || this.failed) return;
    this.#error = error;
    if (this.#sink !== null) inRequest((inbox) => inbox.#close(), this);
  }

  /** What comes is not kept any more, nor what has come. */
  forget(): void {
    this.#forgotten = true;
    this.#early = null;
  }

  #close(): void {
    const sink = this.#sink;
    this.#sink = null;
    if (this.#error !== null) sink?.fail(this.#error);
    else sink?.end(this.#trailers);
  }
}
