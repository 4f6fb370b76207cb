/** One call of a WSGI application: environ in, iterable out, and closed whatever happens. */

import { JunicornError } from "../../base/errors.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { AdapterOptions } from "../options.ts";
import { Answer, isBytes } from "./answer.ts";
import type { CallParts, EnvironBuilder } from "./environ.ts";
import { ErrorsWriter } from "./errors-writer.ts";
import { headerList, kindOf } from "./headers.ts";
import type { WsgiInput } from "./input.ts";
import type { Bytes, WsgiApp, WsgiHeaders, WsgiResult } from "./types.ts";

/** Either kind: `next()` is awaited only if it must be. */
interface BodyIterator {
  next(): IteratorResult<Bytes, unknown> | PromiseLike<IteratorResult<Bytes, unknown>>;
  return?(): unknown;
}

export class WsgiCall implements CallParts {
  readonly input: WsgiInput;
  readonly errors: ErrorsWriter;

  readonly #exchange: Exchange;
  readonly #options: AdapterOptions;
  readonly #answer: Answer;
  #controller: AbortController | null = null;
  #gone: Error | null = null;
  /** What must be closed, until it is. */
  #result: unknown = null;
  #iterator: BodyIterator | null = null;

  constructor(exchange: Exchange, input: WsgiInput, options: AdapterOptions) {
    this.#exchange = exchange;
    this.#options = options;
    this.input = input;
    this.errors = new ErrorsWriter(options.log);
    this.#answer = new Answer(exchange, options.log);
    exchange.onAbort = this.#aborted;
  }

  /** Calls the application and sends what it returns. Never throws. */
  run(app: WsgiApp, environs: EnvironBuilder): void | PromiseLike<void> {
    try {
      const result = app(environs.build(this.#exchange, this), this.#answer.startResponse);
      if (isPromise(result)) {
        return result.then(
          (value) => this.#take(value),
          (error: unknown) => this.#fail(error),
        );
      } else {
        this.#take(result);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  // --- CallParts ---

  readonly earlyHints = (headers: WsgiHeaders): void => {
    const list = headerList(headers);
    if (!this.#answer.headSent) this.#exchange.inform(103, list);
  };

  readonly sendTrailers = (trailers: WsgiHeaders): void => {
    this.#answer.trailers = headerList(trailers);
  };

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#gone !== null) this.#controller.abort(this.#gone);
    }
    return this.#controller.signal;
  }

  // --- internal ---

  /** Takes what the application returned. */
  #take(result: WsgiResult): void {
    this.#result = result;
    try {
      const whole = wholeBody(result);
      if (whole !== null) {
        this.#answer.sendWhole(whole);
        this.#done();
      } else {
        this.#iterator = bodyIterator(result);
        void this.#sendFrom(this.#iterator);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #sendFrom(iterator: BodyIterator): Promise<void> {
    const answer = this.#answer;
    try {
      let restedAt = 0;
      while (!answer.wantsNoMore) {
        const step = iterator.next();
        const result = isPromise(step) ? await step : step;
        if (result.done === true) {
          this.#iterator = null;
          break;
        }
        if (!answer.send(result.value)) {
          await answer.drained();
        } else if (this.#exchange.bytesSent - restedAt > FAIR_SHARE) {
          // A generator that never waits, and a client that keeps up with it, must not keep the loop from everybody else.
          restedAt = this.#exchange.bytesSent;
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      if (!this.#exchange.over) answer.finish();
      this.#done();
    } catch (error) {
      this.#fail(error);
    }
  }

  readonly #aborted = (reason: Error): void => {
    this.#gone ??= reason;
    this.#controller?.abort(reason);
    if (!this.#exchange.over) {
      // Half-closed: the client may still be reading, and the real end is yet to be heard of.
      this.#exchange.onAbort = this.#aborted;
      return;
    }
    this.#answer.wake();
    // Now, and not when the next piece comes: the application may be waiting for something that never happens.
    this.#close();
  };

  #fail(error: unknown): void {
    this.#options.failures.fail(this.#exchange, error);
    this.#done();
  }

  #done(): void {
    this.errors.flush();
    this.#close();
  }

  /** PEP 3333: `close()` is called in every case. A generator that is not at its end gets its `finally` run by `return()`. */
  #close(): void {
    const iterator = this.#iterator;
    const result = this.#result;
    this.#iterator = null;
    this.#result = null;
    // A Node stream's iterator returns only when its next piece comes, which may be never.
    if (iterator !== null) this.#attempt(() => (hasMethod(result, "destroy") ? result.destroy() : iterator.return?.()));
    if (hasMethod(result, "close")) this.#attempt(() => result.close());
  }

  #attempt(action: () => unknown): void {
    const fail = (error: unknown): void => this.#options.failures.fail(this.#exchange, error);
    try {
      const outcome = action();
      if (isPromise(outcome)) (outcome as PromiseLike<unknown>).then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  }
}

/** Bytes that are sent before other work gets a turn. */
const FAIR_SHARE = 256 * 1024;

/** Pieces of an array are sent as one if they are no more than this. */
const JOINED = 64 * 1024;

/** The body, if it is all here and small enough to be sent in one piece: then the client gets its length too. */
function wholeBody(result: WsgiResult): Bytes | null {
  if (isBytes(result)) return result;
  if (!Array.isArray(result)) return null;
  const pieces = result as readonly Bytes[];
  if (pieces.length === 1 && isBytes(pieces[0])) return pieces[0];
  let size = 0;
  let text = true;
  for (const piece of pieces) {
    if (!isBytes(piece)) return null;
    size += piece.length;
    if (size > JOINED) return null;
    text &&= typeof piece === "string";
  }
  return text
    ? pieces.join("")
    : Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
}

function bodyIterator(result: WsgiResult): BodyIterator {
  if (isObject(result) && !isBytes(result)) {
    if (hasMethod(result, "getReader")) return webStreamIterator(result as unknown as WebStream);
    if (Symbol.asyncIterator in result) return result[Symbol.asyncIterator]();
    if (Symbol.iterator in result) return result[Symbol.iterator]() as BodyIterator;
  }
  const hint = result === undefined ? ": is a return missing?" : "";
  const problem = `the application returned ${kindOf(result)}; it must return bytes, a string, or an iterable of them${hint}`;
  throw new JunicornError("ERR_WSGI", { problem });
}

interface WebStream {
  getReader(): { read(): Promise<IteratorResult<Bytes, unknown>>; cancel(): Promise<void> };
}

/** The iterator of a web stream returns only when its next piece comes; its reader can be cancelled at any time. */
function webStreamIterator(stream: WebStream): BodyIterator {
  const reader = stream.getReader();
  return { next: () => reader.read(), return: () => reader.cancel() };
}

function isPromise<Value>(value: Value): value is Extract<Value, PromiseLike<unknown>> {
  return hasMethod(value, "then");
}

function hasMethod<Name extends string>(value: unknown, name: Name): value is Record<Name, () => unknown> {
  return isObject(value) && typeof (value as Record<string, unknown>)[name] === "function";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
