/** `environ["wsgi.input"]`: the request body, read in one go, by lines, or as it comes. */

import { Readable } from "node:stream";
import { JunicornError } from "../../base/errors.ts";
import type { BodyQueue } from "./body-queue.ts";
import { pairsOf } from "./headers.ts";

/**
 * JavaScript cannot wait inside a function, so the body is read in two ways:
 *
 * - **At once** — `read()`, `readline()`, `readlines()` and `for (const line of input)`, as in Python. They need the body in memory: a
 *   body of up to 1 MiB (see `bufferBody` of `wsgi()`) is, before the application is called, whether it has a
 *   Content-Length or is chunked. On a larger one they throw.
 * - **As it comes** — `await input.readAsync(size)` and its like, `for await (const chunk of input)`, and `input.stream()`. They work for
 *   every body, and the client is only sent what to send next (and its `100 Continue`) as fast as they read.
 *
 * Both take from the same place; each byte is read once. At the end of the body all of them give empty results.
 */
export class WsgiInput {
  readonly #queue: BodyQueue;
  readonly #bufferBody: number;
  #waiters: (() => void)[] = [];

  constructor(queue: BodyQueue, bufferBody: number) {
    this.#queue = queue;
    this.#bufferBody = bufferBody;
    queue.onChange = () => this.#wake();
  }

  /** The whole body is in memory, so that nothing here needs waiting. */
  get complete(): boolean {
    return this.#queue.complete;
  }

  /** The trailer fields of a chunked body, once its end has been read. */
  get trailers(): [string, string][] {
    return pairsOf(this.#queue.trailers);
  }

  /** Up to `size` bytes, or all that is left. */
  read(size = -1): Buffer {
    this.#needsBody("read");
    return this.#queue.take(size);
  }

  /** The next line with its "\n", or its first `size` bytes. */
  readline(size = -1): Buffer {
    this.#needsBody("readline");
    return this.#queue.take(bounded(this.#queue.lineLength(), size));
  }

  /** The lines that are left, or as many as have `hint` bytes together. */
  readlines(hint = -1): Buffer[] {
    this.#needsBody("readlines");
    const lines: Buffer[] = [];
    let size = 0;
    for (let line = this.readline(); line.length > 0; line = this.readline()) {
      lines.push(line);
      size += line.length;
      if (hint > 0 && size >= hint) break;
    }
    return lines;
  }

  /** Lines. */
  *[Symbol.iterator](): Generator<Buffer, void, undefined> {
    for (let line = this.readline(); line.length > 0; line = this.readline()) yield line;
  }

  /** As `read()`: waits for `size` bytes or the end of the body. Rejects if the client goes away or the body is malformed. */
  async readAsync(size = -1): Promise<Buffer> {
    while (!this.#queue.complete && (size < 0 || this.#queue.size < size)) await this.#more();
    return this.#queue.take(size);
  }

  async readlineAsync(size = -1): Promise<Buffer> {
    let length = this.#queue.lineLength();
    while (length < 0 && !this.#queue.complete && (size < 0 || this.#queue.size < size)) {
      const seen = this.#queue.size;
      await this.#more();
      length = this.#queue.lineLength(seen);
    }
    return this.#queue.take(bounded(length, size));
  }

  /** The body in pieces as they arrive. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      while (this.#queue.size === 0 && !this.#queue.complete) await this.#more();
      if (this.#queue.size === 0) return;
      yield this.#queue.takeChunk();
    }
  }

  /** The body as a Node stream. */
  stream(): Readable {
    return Readable.from(this, { objectMode: false });
  }

  // --- internal ---

  #needsBody(method: string): void {
    const { complete, error } = this.#queue;
    if (complete) return;
    if (error !== null) throw error;
    const problem =
      `wsgi.input.${method}() needs the whole body, and this one is larger than the ${this.#bufferBody} bytes that are kept in memory: ` +
      `use "await input.${method === "read" ? "readAsync" : "readlineAsync"}()" or "for await (const chunk of input)", ` +
      `or raise the bound with wsgi(app, { bufferBody })`;
    throw new JunicornError("ERR_WSGI", { problem });
  }

  /** Waits for something to arrive. */
  #more(): Promise<void> {
    const { error } = this.#queue;
    if (error !== null) return Promise.reject(error);
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#queue.flow();
    });
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

/** `length` (negative: all) but no more than `size` (negative: no bound). */
function bounded(length: number, size: number): number {
  return size >= 0 && (length < 0 || length > size) ? size : length;
}
