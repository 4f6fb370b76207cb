/**
 * The socket an application sees. There is no `net.Socket` behind it (the engine owns the connection), so it answers questions about the
 * peer, closes, times out, and knows the request and the response of its exchange. One per exchange.
 */

import { EventEmitter } from "node:events";
import type { Exchange, HeaderList } from "../../http/exchange.ts";
import type { Host, LinkedRequest, LinkedResponse } from "./link.ts";
import { connectionLost, drained, endNow, failed } from "./lifecycle.ts";

type Callback = (error?: Error | null) => void;

const HIGH_WATER_MARK = 64 * 1024;

/** An emitter that gets its table of listeners with the first of them, as Node has it for objects that only inherit its methods: most never do. */
const LazyEmitter = function () {} as unknown as typeof EventEmitter;
LazyEmitter.prototype = EventEmitter.prototype;

export class ExchangeSocket extends LazyEmitter {
  /** Node's own: how many events have listeners. */
  declare readonly _eventsCount?: number;
  readonly exchange: Exchange;
  readonly host: Host;
  /** Set by the constructors of the request and the response, right after this one. */
  request!: LinkedRequest;
  response!: LinkedResponse;
  /** Node's outgoing messages look here whether the socket is theirs. */
  _httpMessage: LinkedResponse | null = null;
  /** The answer's head, as `writeHead` left it, until it is sent. */
  headers: HeaderList = NO_HEADERS;
  status = 0;
  reason = "";

  destroyed = false;
  closeEmitted = false;
  /** What was reported last. */
  failure: unknown = undefined;
  /** The client's end is known: a request destroyed now is the consequence, not the cause. */
  lost = false;
  /** The whole answer is in the kernel. */
  flushed = false;
  /** Node's own `end()` ran, which sees to 'finish' itself. */
  finishEmitted = false;
  /** The application's handler has not returned; and what is to be done when it has. */
  inHandler = true;
  settlesAfter = false;
  /** Ends the answer, in a while: see `endLater`. */
  ending: (() => void) | null = null;
  /** 'close' takes a tick of its own, though nobody listens. */
  closeLater = false;
  /** The application was told to stop writing. */
  needDrain = false;
  /** Callbacks of writes that wait for the queue to empty. */
  waiting: Callback[] | null = null;
  timeout = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(exchange: Exchange, host: Host) {
    super();
    this.exchange = exchange;
    this.host = host;
  }

  // --- who is there ---
  get remoteAddress(): string | undefined {
    return this.exchange.peer.remoteAddress || undefined;
  }
  get remotePort(): number | undefined {
    return this.exchange.remotePort || undefined;
  }
  get remoteFamily(): string | undefined {
    return familyOf(this.exchange.peer.remoteAddress);
  }
  get localAddress(): string | undefined {
    return this.exchange.peer.localAddress || undefined;
  }
  get localPort(): number | undefined {
    return this.exchange.peer.localPort || undefined;
  }
  get localFamily(): string | undefined {
    return familyOf(this.exchange.peer.localAddress);
  }
  get encrypted(): boolean {
    return this.exchange.peer.encrypted;
  }
  get server(): Host["server"] {
    return this.host.server;
  }
  address(): { address?: string; port?: number; family?: string } {
    const { localAddress: address, localPort: port } = this.exchange.peer;
    return address === "" ? {} : { address, port, family: familyOf(address)! };
  }

  // --- state ---
  get readable(): boolean {
    return !this.destroyed;
  }
  get writable(): boolean {
    return !this.destroyed && !this.exchange.over;
  }
  get readyState(): string {
    return this.destroyed ? "closed" : "open";
  }
  get connecting(): boolean {
    return false;
  }
  get pending(): boolean {
    return false;
  }
  get closed(): boolean {
    return this.destroyed;
  }
  get readableHighWaterMark(): number {
    return HIGH_WATER_MARK;
  }
  get writableHighWaterMark(): number {
    return HIGH_WATER_MARK;
  }
  get writableLength(): number {
    return this.needDrain ? HIGH_WATER_MARK : 0;
  }
  get writableNeedDrain(): boolean {
    return this.needDrain;
  }
  get writableCorked(): number {
    return 0;
  }
  get writableEnded(): boolean {
    return this.exchange.ended || this.destroyed;
  }
  get bytesWritten(): number {
    return this.exchange.bytesSent;
  }
  get bytesRead(): number {
    return 0;
  }
  /** Node's `end()` resets the cork count here. */
  get _writableState(): { corked: number } {
    return { corked: 0 };
  }

  // --- what the engine decides by itself ---
  cork(): void {}
  uncork(): void {}
  pause(): this {
    return this;
  }
  resume(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setEncoding(): this {
    return this;
  }

  /** Idle time in ms after which 'timeout' is emitted as Node does; 0 turns it off. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.timeout = milliseconds;
    if (milliseconds > 0) {
      this.#timer = setTimeout(() => this.#timedOut(), milliseconds).unref();
      if (callback) this.once("timeout", callback);
    } else if (callback) this.removeListener("timeout", callback);
    return this;
  }

  /** Something was read or written: the idle time starts anew. */
  active(): void {
    this.#timer?.refresh();
  }

  stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Cuts the connection, unless the answer is through already. */
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    endNow(this);
    this.destroyed = true;
    const { exchange } = this;
    if (!exchange.over) exchange.abort(error ?? new Error("the application destroyed the connection"));
    setImmediate(connectionLost, this, error ?? null); // as late as the 'close' of a real socket
    return this;
  }

  destroySoon(): this {
    return this.end();
  }

  /** The connection closes after a complete answer; an answer that never came is cut. */
  end(): this {
    endNow(this);
    if (!this.exchange.ended) this.destroy();
    return this;
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  write(): never {
    throw new Error(
      "this connection belongs to the HTTP engine: write to the response, or take it over in an 'upgrade' listener",
    );
  }

  // --- for the response ---

  /** The application's answer could not be sent, or its handler failed. */
  fail(error: unknown): void {
    failed(this, error);
  }

  /** Calls back once what was written has left: at the next tick, or when the queue is empty. */
  afterWrite(flowing: boolean, callback: Callback): void {
    if (flowing) process.nextTick(callback);
    else (this.waiting ??= []).push(callback);
  }

  /** A write returned false: the application pauses until the engine's queue is empty. */
  pauseWriting(): void {
    this.needDrain = true;
    this.exchange.onDrain ??= () => drained(this);
  }

  #timedOut(): void {
    this.#timer?.refresh();
    const { request, response, host } = this;
    const heard = [
      !request.complete && request.emit("timeout", this),
      response.emit("timeout", this),
      host.server !== null && host.server.emit("timeout", this),
      this.emit("timeout"),
    ];
    if (!heard.includes(true)) this.destroy();
  }
}

// --- internal ---

const NO_HEADERS: HeaderList = [];

function familyOf(address: string): string | undefined {
  if (address === "") return undefined;
  return address.includes(":") ? "IPv6" : "IPv4";
}
