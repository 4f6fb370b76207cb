/** Bodies that are read from where they are: a Blob, or something to iterate. */

import type { ReadableStream } from "node:stream/web";
import { Body } from "./body.ts";
import { webStreams } from "./web-streams.ts";

/** A Blob, read only when needed. */
export class BlobBody extends Body {
  readonly #blob: Blob;

  constructor(blob: Blob) {
    super();
    this.#blob = blob;
  }

  override get length(): number {
    return this.#blob.size;
  }

  override clone(): Body {
    return this.startedStream === null ? new BlobBody(this.#blob) : super.clone();
  }

  protected override makeStream(): ReadableStream<Uint8Array> {
    return this.#blob.stream() as ReadableStream<Uint8Array>;
  }

  protected override async readAll(): Promise<Uint8Array> {
    return new Uint8Array(await this.#blob.arrayBuffer());
  }
}

/** An async iterable of bytes or strings (undici's extension of the standard): generators, Node's readable streams. */
export class IterableBody extends Body {
  readonly #iterable: AsyncIterable<unknown>;

  constructor(iterable: AsyncIterable<unknown>) {
    super();
    this.#iterable = iterable;
  }

  /** Marks it used and gives its iterator: for the adapter, which needs no stream in between. */
  takeIterator(): AsyncIterator<unknown> {
    this.take();
    return this.#iterable[Symbol.asyncIterator]();
  }

  protected override get needsCancel(): boolean {
    return true;
  }

  protected override makeStream(): ReadableStream<Uint8Array> {
    const iterator = this.#iterable[Symbol.asyncIterator]();
    return new (webStreams().ReadableStream)({
      type: "bytes",
      pull: async (controller) => {
        const { done, value } = await iterator.next();
        if (done === true) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        const bytes = value instanceof Uint8Array ? new Uint8Array(value) : encoder.encode(String(value));
        if (bytes.length > 0) controller.enqueue(bytes);
      },
      cancel: async (reason) => {
        await iterator.return?.(reason);
      },
    });
  }

  protected override readAll(): Promise<Uint8Array> {
    throw new Error("an IterableBody is read through its stream");
  }

  override bytes(): Promise<Uint8Array> {
    void this.stream;
    return super.bytes();
  }
}

// --- internal ---

const encoder = new TextEncoder();
