/** Moves a streamed body into an exchange that has been started, as fast as the client takes it. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { rowOf } from "../../base/errors.ts";
import type { Exchange, FailureSink } from "../../http/exchange.ts";
import type { Body } from "./classes/body.ts";
import { IterableBody } from "./classes/lazy-body.ts";
import { onExchangeAbort } from "./abort.ts";

/** A source that never waits must not keep the event loop from turning: after so many bytes it has to. */
const BYTES_A_TURN = 512 * 1024;

/** Never rejects: what goes wrong in the body goes to `failures`, and a client gone cancels the body. */
export async function pump(exchange: Exchange, body: Body, failures: FailureSink): Promise<void> {
  const source = sourceOf(body);
  const gate = new Gate(exchange);
  onExchangeAbort(exchange, (reason) => {
    gate.open();
    source.cancel(reason);
  });
  let sinceTurn = 0;
  try {
    for (;;) {
      const { done, value } = await source.read();
      if (exchange.over) return;
      if (done) break;
      if (value.length === 0) continue;
      sinceTurn += value.length;
      if (!exchange.write(value)) {
        await gate.opened();
        sinceTurn = 0;
      } else if (sinceTurn >= BYTES_A_TURN) {
        await nextTurn();
        sinceTurn = 0;
      }
      if (exchange.over) return;
    }
    exchange.end();
  } catch (error) {
    // An answer cut for being short of its length is over, but somebody has to hear why.
    if (!exchange.over || rowOf(error)?.level === "error") {
      failures.fail(exchange, error);
      source.cancel(error);
    }
  }
}

// --- internal ---

interface ChunkSource {
  read(): Promise<{ done: true; value?: undefined } | { done: false; value: string | Uint8Array }>;
  /** Ends it early; safe to call at any time. */
  cancel(reason: unknown): void;
}

function sourceOf(body: Body): ChunkSource {
  if (body instanceof IterableBody && body.startedStream === null) return new IterableSource(body.takeIterator());
  return new StreamSource(body.stream.getReader());
}

class StreamSource implements ChunkSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader;
  }

  async read(): ReturnType<ChunkSource["read"]> {
    const { done, value } = await this.#reader.read();
    if (done) return { done };
    if (!(value instanceof Uint8Array))
      throw new TypeError(`a stream used as a body must give Uint8Array chunks, not ${typeof value}`);
    return { done, value };
  }

  cancel(reason: unknown): void {
    this.#reader.cancel(reason).catch(ignore);
  }
}

/** Read without a ReadableStream in between; strings go out as they are. */
class IterableSource implements ChunkSource {
  readonly #iterator: AsyncIterator<unknown>;
  #ended = false;

  constructor(iterator: AsyncIterator<unknown>) {
    this.#iterator = iterator;
  }

  async read(): ReturnType<ChunkSource["read"]> {
    const { done, value } = await this.#iterator.next();
    if (done === true || this.#ended) return { done: true };
    return { done: false, value: typeof value === "string" || value instanceof Uint8Array ? value : String(value) };
  }

  cancel(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#iterator.return?.(reason).then(ignore, ignore);
  }
}

/** Waits for the exchange to drain. */
class Gate {
  #wake: (() => void) | null = null;

  constructor(exchange: Exchange) {
    exchange.onDrain = () => this.open();
  }

  opened(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  open(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

function ignore(): void {
  // a source that fails while it is given up is nobody's concern
}
