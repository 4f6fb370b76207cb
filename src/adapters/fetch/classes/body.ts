/**
 * A body as it was given. It is read straight from its source as long as nobody asks for the stream; the ReadableStream comes
 * into being on first use, and from then on it is the truth about what was read.
 */

import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { OwnBytes } from "../../../http/own-bytes.ts";
import { webStreams } from "./web-streams.ts";

export abstract class Body {
  #stream: ReadableStream<Uint8Array> | null = null;
  #used = false;

  /** Bytes in the body where that is known beforehand, else -1. */
  get length(): number {
    return -1;
  }

  /** Somebody has read from it, or cancelled it. */
  get used(): boolean {
    return this.#used || (this.#stream !== null && isDisturbed(this.#stream));
  }

  /** It can not be read (any more): used, or its stream is locked. */
  get unusable(): boolean {
    return this.#used || (this.#stream !== null && (this.#stream.locked || isDisturbed(this.#stream)));
  }

  /** The stream, if it was asked for already. */
  get startedStream(): ReadableStream<Uint8Array> | null {
    return this.#stream;
  }

  /** The one stream of this body. */
  get stream(): ReadableStream<Uint8Array> {
    if (this.#stream === null) {
      this.#stream = this.#used ? readOut() : this.makeStream();
      owners.set(this.#stream, this);
    }
    return this.#stream;
  }

  /** All of it. Marks the body used. */
  bytes(): Promise<Uint8Array> {
    if (this.#stream !== null) return readToEnd(this.#stream);
    this.#used = true;
    return this.readAll();
  }

  /** All of it as text, as the standard decodes it. Marks the body used. */
  text(): Promise<string> {
    return this.bytes().then(decodeText);
  }

  /** Marks it used without reading: the adapter takes the source itself. */
  take(): void {
    this.#used = true;
  }

  /** Gives up on it: nobody will read it any more. */
  cancel(reason?: unknown): void {
    if (this.unusable) return;
    // an error while cancelling is nobody's
    if (this.needsCancel || this.#stream !== null) this.stream.cancel(reason).catch(() => undefined);
    this.#used = true;
  }

  /** A second, independent body with the same content. */
  clone(): Body {
    const [mine, other] = this.stream.tee();
    this.#stream = mine;
    owners.set(mine, this);
    return new StreamBody(other);
  }

  protected adoptStream(stream: ReadableStream<Uint8Array>): void {
    this.#stream = stream;
  }

  /** True if dropping the body unread leaves something running. */
  protected get needsCancel(): boolean {
    return false;
  }

  protected abstract makeStream(): ReadableStream<Uint8Array>;
  /** Called once, and only while there is no stream. */
  protected abstract readAll(): Promise<Uint8Array>;
}

/** A string or bytes: known at once, and shared by clones, for nobody can change it. */
export class FixedBody extends Body {
  #source: string | Uint8Array;

  constructor(source: string | Uint8Array) {
    super();
    this.#source = source;
  }

  get source(): string | Uint8Array {
    return this.#source;
  }

  override get length(): number {
    return typeof this.source === "string" ? Buffer.byteLength(this.source) : this.source.length;
  }

  override text(): Promise<string> {
    if (typeof this.source !== "string" || this.startedStream !== null) return super.text();
    this.take();
    return Promise.resolve(withoutMark(wellFormed(this.source)));
  }

  override clone(): Body {
    if (this.startedStream !== null) return super.clone();
    if (this.#source instanceof OwnBytes) this.#source = this.#source.subarray(); // not to be given back by one of the two
    return new FixedBody(this.#source);
  }

  protected override makeStream(): ReadableStream<Uint8Array> {
    return new (webStreams().ReadableStream)({
      type: "bytes",
      pull: (controller) => {
        const bytes = this.#copy();
        if (bytes.length > 0) controller.enqueue(bytes);
        controller.close();
        // a pending BYOB read is answered only so
        controller.byobRequest?.respond(0);
      },
    });
  }

  protected override readAll(): Promise<Uint8Array> {
    return Promise.resolve(this.#copy());
  }

  /** A copy, for its receiver may write to it, or transfer it away. */
  #copy(): Uint8Array {
    return typeof this.source === "string" ? encoder.encode(this.source) : new Uint8Array(this.source);
  }
}

/** A ReadableStream the app made. */
export class StreamBody extends Body {
  constructor(stream: ReadableStream<Uint8Array>) {
    super();
    this.adoptStream(stream);
  }

  protected override makeStream(): never {
    throw new Error("a StreamBody has its stream from the start");
  }

  protected override readAll(): never {
    throw new Error("a StreamBody is read through its stream");
  }
}

/** The body a stream was made for, so that `new Response(other.body)` keeps what is known of it. */
export function bodyOfStream(stream: ReadableStream<Uint8Array>): Body {
  return owners.get(stream) ?? new StreamBody(stream);
}

/** UTF-8 decode: the byte order mark goes, what is malformed becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** True once somebody has read from a stream (of either kind) or cancelled it. */
export function isDisturbed(stream: object): boolean {
  return Readable.isDisturbed(stream as Readable);
}

export function joinBytes(chunks: Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

// --- internal ---

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An association, not state: from the streams handed out to their bodies. */
const owners = new WeakMap<ReadableStream<Uint8Array>, Body>();

async function readToEnd(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joinBytes(chunks);
    if (!(value instanceof Uint8Array)) {
      const error = new TypeError("Received a chunk that is no Uint8Array");
      reader.cancel(error).catch(() => undefined);
      throw error;
    }
    chunks.push(value);
  }
}

/** What is left of a body that was read without its stream: a stream that says so. */
function readOut(): ReadableStream<Uint8Array> {
  const stream = new (webStreams().ReadableStream)({ type: "bytes", start: (controller) => controller.close() });
  stream
    .getReader()
    .read()
    .catch(() => undefined);
  return stream;
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Web IDL USVString: lone surrogates become U+FFFD. */
function wellFormed(text: string): string {
  const string = text as string & { isWellFormed(): boolean; toWellFormed(): string };
  return string.isWellFormed() ? text : string.toWellFormed();
}
