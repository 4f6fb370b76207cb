/** An Exchange without a connection: for unit tests of adapters and the service. */

import { PassThrough, type Duplex } from "node:stream";
import { Exchange, type BodySink, type HeaderList, type Peer } from "../../src/http/exchange.ts";

export interface RecordingOptions {
  method?: string;
  target?: string;
  httpMinor?: number;
  headers?: HeaderList;
  /** Chunks of the request body, delivered one per turn of the loop while not paused. */
  body?: Uint8Array[];
  trailers?: HeaderList;
  peer?: Partial<Peer>;
  /** The body ends with `endBody` or `failBody`. */
  openBody?: boolean;
}

const PEER: Peer = {
  remoteAddress: "192.0.2.1",
  remotePort: 50000,
  localAddress: "127.0.0.1",
  localPort: 8000,
  unixPath: "",
  encrypted: false,
  scheme: "http",
  trusted: false,
  via: null,
  tls: null,
};

export class RecordingExchange extends Exchange {
  reason = "";
  chunks: Buffer[] = [];
  trailers: HeaderList = [];
  informed: { status: number; headers: HeaderList }[] = [];
  abortReason: Error | null = null;
  continued = false;
  paused = false;
  bodyRequested = false;
  /** When set, write() returns false until `drain()`. */
  full = false;
  #queue: Uint8Array[];
  #sink: BodySink | null = null;
  #options: RecordingOptions;
  #waiting: (() => void)[] = [];

  constructor(options: RecordingOptions = {}) {
    const headers = options.headers ?? ["Host", "example.test"];
    const length = options.body?.reduce((sum, chunk) => sum + chunk.length, 0) ?? 0;
    const hasBody = options.body !== undefined || options.openBody === true;
    super(
      options.method ?? "GET",
      options.target ?? "/",
      options.httpMinor ?? 1,
      headers,
      { ...PEER, scheme: options.peer?.encrypted ? "https" : "http", ...options.peer },
      hasBody,
      options.openBody ? -1 : length,
      headers.some((value, i) => i % 2 === 0 && value.toLowerCase() === "expect"),
    );
    this.#options = options;
    this.#queue = [...(options.body ?? [])];
  }

  /** Resolves when the exchange is over. */
  finished(): Promise<this> {
    if (this.over) return Promise.resolve(this);
    return new Promise((resolve) => this.#waiting.push(() => resolve(this)));
  }

  get bodyText(): string {
    return Buffer.concat(this.chunks).toString();
  }

  override readBody(sink: BodySink): void {
    if (this.#sink) throw new Error("readBody() called twice");
    this.bodyRequested = true;
    this.#sink = sink;
    if (this.expectsContinue && !this.started) this.continued = true;
    if (!this.hasBody) sink.end([]);
    else setImmediate(() => this.#pump());
  }
  override pauseBody(): void {
    this.paused = true;
  }
  override resumeBody(): void {
    this.paused = false;
    setImmediate(() => this.#pump());
  }
  endBody(): void {
    this.#sink?.end([]);
  }
  failBody(error: Error): void {
    this.#sink?.fail(error);
  }

  override respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    this.start(status, reason, headers);
    if (body !== null && body.length > 0) this.write(body);
    this.end();
  }
  override start(status: number, reason: string, headers: HeaderList): void {
    if (this.over) return;
    if (this.started) throw new Error("start() called twice");
    this.started = true;
    this.status = status;
    this.reason = reason;
    this.responseHeaders = headers;
  }
  override write(chunk: string | Uint8Array): boolean {
    if (this.over) return true;
    if (!this.started || this.ended) throw new Error("write() out of order");
    const bytes = Buffer.from(chunk as Uint8Array);
    this.chunks.push(bytes);
    this.bytesSent += bytes.length;
    return !this.full;
  }
  override end(trailers: HeaderList = []): void {
    if (this.over) return;
    if (!this.started || this.ended) throw new Error("end() out of order");
    this.ended = true;
    this.trailers = trailers;
    this.onFlushed?.();
    this.#finish();
  }
  override inform(status: number, headers: HeaderList): void {
    this.informed.push({ status, headers });
  }
  override abort(reason: Error): void {
    if (this.over) return;
    this.aborted = true;
    this.abortReason = reason;
    queueMicrotask(() => this.onAbort?.(reason));
    this.#finish();
  }
  /** The client goes away. */
  clientGone(reason: Error = new Error("gone")): void {
    this.#sink?.fail(reason);
    this.abort(reason);
  }
  drain(): void {
    this.full = false;
    this.onDrain?.();
  }
  override upgrade(): { socket: Duplex; head: Buffer } {
    return { socket: new PassThrough(), head: Buffer.alloc(0) };
  }
  override get isUpgrade(): boolean {
    return this.rawHeaders.some((v, i) => i % 2 === 0 && v.toLowerCase() === "upgrade");
  }

  #pump(): void {
    if (this.paused || this.over || !this.#sink) return;
    const chunk = this.#queue.shift();
    if (chunk) {
      this.#sink.data(chunk);
      setImmediate(() => this.#pump());
    } else if (!this.#options.openBody) {
      const sink = this.#sink;
      this.#sink = null;
      sink.end(this.#options.trailers ?? []);
    }
  }
  #finish(): void {
    this.over = true;
    this.observer?.exchangeOver(this);
    for (const wake of this.#waiting) wake();
  }
}
