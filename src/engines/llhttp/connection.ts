/** The life of one HTTP/1 connection: idle, serving one request after another, closing gently, or cut. */

import type { Duplex } from "node:stream";
import { JunicornError } from "../../base/errors.ts";
import type { Peer } from "../../http/exchange.ts";
import type { ResponseHead } from "../../http/response-head.ts";
import type { HttpParser } from "../../native.ts";
import type { DeadlineQueue, Timed } from "../deadlines.ts";
import type { LlhttpExchange } from "./exchange.ts";
import type { ConnectionHost } from "./host.ts";
import { copyOf } from "./parsed.ts";
import { receive, refuse } from "./receive.ts";

/** -EAGAIN. */
const NOTHING_WAITS = -11;

export class Connection implements Timed {
  deadline = 0;
  queue: DeadlineQueue | null = null;
  before: Timed | null = null;
  after: Timed | null = null;

  readonly id: number;
  readonly peer: Peer;
  readonly host: ConnectionHost;
  open = true;
  parser: HttpParser | null = null;
  /** The parser stands between two messages. */
  betweenMessages = true;
  /** The request being served, or whose body is still coming in. */
  exchange: LlhttpExchange | null = null;
  /** Our side is finished; what still comes in is thrown away until the peer closes too. */
  lingering = false;
  /** A call of `receive` is on the stack: it goes on with what is left by itself. */
  receiving = false;
  /** Input is taken as it comes. */
  reading = true;
  /** Input of later requests, while one is being served; reading is paused then. */
  #leftover: Buffer | null = null;
  #discarded = 0;
  #peerEnded = false;
  #served = false;

  constructor(host: ConnectionHost, id: number, peer: Peer) {
    this.host = host;
    this.id = id;
    this.peer = peer;
  }

  get head(): ResponseHead {
    return this.host.head;
  }

  /** No request has come yet: one may be on its way. */
  get fresh(): boolean {
    return !this.#served && this.exchange === null;
  }

  // --- events of the stream ---

  /** The stream is open but quiet; `received` is what a first read gave. */
  onOpen(received: number): void {
    if (received > 0) this.onRead(this.host.streams.readBuffer, received);
    else if (received === 0) this.onEnd();
    else if (received !== NOTHING_WAITS) this.onError();
    if (this.open && this.reading) this.host.streams.resume(this.id);
  }

  onRead(buffer: Uint8Array, length: number): void {
    // While lingering, what comes is thrown away for as long as that lasts: a client that must write before it reads gets its answer so.
    if (!this.lingering) receive(this, buffer, 0, length);
  }

  /** The peer has sent its last byte. It may still be reading: what the application answers is delivered. */
  onEnd(): void {
    this.#peerEnded = true;
    const exchange = this.exchange;
    if (exchange === null || this.lingering) return this.close();
    if (!exchange.complete) exchange.body?.fail(new JunicornError("ERR_REQUEST_CUT"));
    if (exchange.over) this.close();
    else exchange.peerGone(new JunicornError("ERR_CLIENT_GONE"));
  }

  onDrain(): void {
    this.exchange?.drained();
  }

  /** The stream is broken, and closed already. */
  onError(): void {
    const exchange = this.exchange;
    this.#gone();
    exchange?.lost(new JunicornError("ERR_CLIENT_GONE"), false);
  }

  // --- for its exchange ---

  /** Returns what is queued; negative when the connection is broken, which the exchange then hears of by itself. */
  write(head: string, body: string | Uint8Array | null, tail: string): number {
    if (!this.open) return -1;
    const queued = this.host.streams.write(this.id, head, body, tail);
    if (queued > 0) this.host.slowClients.watch(this);
    else if (queued < 0) {
      const exchange = this.exchange;
      this.#gone();
      exchange?.lost(new JunicornError("ERR_CLIENT_GONE"), true);
    }
    return queued;
  }

  queued(): number {
    return this.open ? this.host.streams.queued(this.id) : -1;
  }

  /** Whether an answer given now can leave the connection open. */
  mayKeep(exchange: LlhttpExchange): boolean {
    // What a client has sent already in a pipeline is answered, though the worker leaves.
    const kept = this.host.keepsConnections || (this.host.announced && this.#leftover !== null);
    return kept && this.#canGoOn(exchange);
  }

  #canGoOn(exchange: LlhttpExchange): boolean {
    if (!exchange.wantsKeepAlive || this.#peerEnded || exchange.closesConnection) return false;
    if (exchange.complete || exchange.bodyRequested) return true;
    return !exchange.bodyUncertain && exchange.contentLength <= DISCARD_LIMIT;
  }

  /** The answer is in the kernel. */
  exchangeDone(exchange: LlhttpExchange): void {
    this.#served = true;
    if (!this.open) return;
    // A client that was told "keep-alive" when the answer began may have sent the next request by now, even if the worker leaves meanwhile.
    if (!this.#canGoOn(exchange)) {
      if (exchange.complete && this.#leftover === null) this.close();
      else this.linger();
    } else if (exchange.complete) {
      this.exchange = null;
      if (!this.receiving) this.settle();
    } else {
      this.#discarded = 0;
      this.host.bodyQueue.arm(this, performance.now());
      this.read(true);
    }
  }

  /** Cuts the connection with a reset, so that a partial answer cannot pass for a whole one. */
  cut(exchange: LlhttpExchange, reason: Error): void {
    if (this.open) {
      this.host.streams.close(this.id, true);
      this.#gone();
    }
    exchange.lost(reason, true);
  }

  /** Hands the raw socket out. */
  detach(exchange: LlhttpExchange): { socket: Duplex; head: Buffer } {
    const head = this.#leftover ?? Buffer.alloc(0);
    const socket = this.host.streams.release(this.id);
    this.#leftover = null;
    this.#retire();
    this.host.upgraded(this, socket);
    socket.once("close", () => exchange.upgradeOver());
    return { socket, head };
  }

  // --- for receive.ts ---

  /** Starts or stops reading from the peer. */
  read(wanted: boolean): void {
    if (wanted === this.reading || !this.open || (wanted && this.#leftover !== null)) return;
    this.reading = wanted;
    if (wanted) this.host.streams.resume(this.id);
    else this.host.streams.pause(this.id);
  }

  /** Keeps input for later: the kernel holds back the rest. */
  stash(chunk: Uint8Array, start: number, end: number): void {
    const more = copyOf(chunk, start, end);
    this.read(false);
    this.#leftover = this.#leftover === null ? more : Buffer.concat([this.#leftover, more]);
  }

  /** Throws a body that nobody wanted away; too much of it, and the connection is not worth keeping. */
  discard(length: number): void {
    this.#discarded += length;
    if (this.#discarded > DISCARD_LIMIT) this.linger();
  }

  /** Nothing is being served: goes on with what has come already, or waits for a request, holding no parser. */
  settle(): void {
    if (this.#leftover !== null) return this.host.continueSoon(this);
    if (this.#peerEnded) return this.close();
    this.read(true);
    if (this.#inMessage) {
      if (this.queue !== this.host.headerQueue) this.host.headerQueue.arm(this, performance.now());
      return;
    }
    this.#releaseParser();
    if (this.#served) this.host.idleQueue.arm(this, performance.now());
    if (this.host.draining) this.host.giveGrace(this);
  }

  /** Goes on with input that came while the last request was served. */
  continueLeftover(): void {
    const leftover = this.#leftover;
    if (leftover === null || !this.open || this.lingering) return;
    this.#leftover = null;
    receive(this, leftover, 0, leftover.length);
  }

  /** Ends our side and waits, within bounds, for the peer's: closing at once would reset what it has not read yet. */
  linger(queue: DeadlineQueue = this.host.lingerQueue): void {
    if (!this.open || this.lingering) return;
    if (this.#peerEnded) return this.close();
    this.lingering = true;
    this.#leftover = null;
    this.host.streams.shutdown(this.id);
    queue.arm(this, performance.now());
    this.read(true);
  }

  // --- for the engine ---

  /** The engine drains: if this is idle, it will be closed. */
  prepareToClose(): void {
    if (this.#idle) this.host.giveGrace(this);
  }

  /** Idle for too long, or asked to go: closes, unless a request is waiting to be read. */
  closeIfQuiet(): void {
    if (!this.#idle) return;
    if (this.host.streams.readable(this.id)) this.host.headerQueue.arm(this, performance.now());
    else if (this.host.draining) this.linger(this.host.partingQueue);
    else this.close();
  }

  headerTimedOut(): void {
    if (this.host.streams.readable(this.id)) this.host.headerQueue.arm(this, performance.now()); // we were late, not the client
    else if (this.#inMessage) refuse(this, "header-timeout");
    else this.close();
  }

  close(): void {
    if (!this.open) return;
    this.host.streams.close(this.id);
    const exchange = this.exchange;
    this.#gone();
    exchange?.body?.fail(new JunicornError("ERR_CLIENT_GONE"));
  }

  /** Ends the connection at once, whatever it is doing. */
  destroy(reason: Error): void {
    const exchange = this.exchange;
    if (exchange !== null && !exchange.over) this.cut(exchange, reason);
    else this.close();
  }

  // --- internal ---

  get #idle(): boolean {
    return this.open && this.exchange === null && !this.lingering && this.#leftover === null && !this.#inMessage;
  }

  get #inMessage(): boolean {
    return !this.betweenMessages && this.parser?.inMessage() === true;
  }

  #gone(): void {
    this.#retire();
    this.host.closed(this);
  }

  #retire(): void {
    this.open = false;
    this.exchange = null;
    this.queue?.disarm(this);
    this.#releaseParser();
  }

  #releaseParser(): void {
    if (this.parser === null) return;
    this.host.parsers.release(this.parser, this.betweenMessages);
    this.parser = null;
    this.betweenMessages = true;
  }
}
import { DISCARD_LIMIT } from "../engine-exchange.ts";
