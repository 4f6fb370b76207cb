/** A request's body inside a pool thread: what has come of it, and the application that reads it at its own pace. */

import { inRequest } from "../../base/request-contexts.ts";
import type { BodySink, HeaderList } from "../../http/exchange.ts";
import { CREDIT_STEP } from "./messages.ts";

export class BodyFeed {
  /** Everything has come, or nothing more will. */
  complete = false;

  readonly #taken: (bytes: number) => void;
  #sink: BodySink | null = null;
  #waiting: Uint8Array[] = [];
  #trailers: HeaderList = [];
  #error: Error | null = null;
  #paused = false;
  #delivering = false;
  #debt = 0;

  /** `taken` is told of what the application took, so that more may come. */
  constructor(taken: (bytes: number) => void) {
    this.#taken = taken;
  }

  data(chunk: Uint8Array): void {
    this.#waiting.push(chunk);
    inRequest((feed) => feed.#deliver(), this);
  }

  end(trailers: HeaderList): void {
    if (this.complete) return;
    this.complete = true;
    this.#trailers = trailers;
    inRequest((feed) => feed.#deliver(), this);
  }

  /** What has come before is delivered first. */
  fail(error: Error): void {
    if (this.complete) return;
    this.complete = true;
    this.#error = error;
    inRequest((feed) => feed.#deliver(), this);
  }

  read(sink: BodySink): void {
    this.#sink = sink;
    this.#deliver();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  // --- internal ---

  #deliver(): void {
    if (this.#delivering) return; // a sink that resumes within data() is served by the loop below
    this.#delivering = true;
    try {
      this.#deliverWaiting();
    } finally {
      this.#delivering = false;
    }
  }

  #deliverWaiting(): void {
    while (this.#sink !== null && !this.#paused && this.#waiting.length > 0) {
      const chunk = this.#waiting.shift()!;
      this.#debt += chunk.length;
      this.#sink.data(chunk);
    }
    if (this.#debt >= CREDIT_STEP) {
      const bytes = this.#debt;
      this.#debt = 0;
      this.#taken(bytes);
    }
    const sink = this.#sink;
    if (sink === null || !this.complete || this.#waiting.length > 0) return;
    this.#sink = null;
    if (this.#error !== null) sink.fail(this.#error);
    else sink.end(this.#trailers);
  }
}
