/**
 * The life of one HTTP/2 connection: streams become exchanges; idle for too long, or when the worker leaves, the client is told to bring no more; a
 * client that floods us, breaks the rules or takes nothing is cut off.
 *
 * Leaving takes two steps (RFC 9113 §6.8): a GOAWAY that forbids nothing yet, and a PING, whose answer shows that the client has read it. What it sent before
 * that is here by then and is served. The second GOAWAY names the last stream; whatever comes later is refused and safe to send again.
 */

import {
  constants,
  performServerHandshake,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import { JunicornError } from "../../base/errors.ts";
import type { HeaderList, Peer } from "../../http/exchange.ts";
import type { RuleName } from "../../http/rules.ts";
import type { DeadlineQueue, Timed } from "../deadlines.ts";
import { answerRefusal } from "./answer-refusal.ts";
import { H2Exchange } from "./exchange.ts";
import { Floods, type Flood } from "./floods.ts";
import type { Sightings } from "./frame-watch.ts";
import type { H2Host } from "./host.ts";
import type { Session } from "./outbox.ts";
import { Reports } from "./reports.ts";
import { readHead } from "./request-head.ts";
import { LEAVING, Wire } from "./wire.ts";

export class H2Session implements Timed, Session, Sightings {
  deadline = 0;
  queue: DeadlineQueue | null = null;
  before: Timed | null = null;
  after: Timed | null = null;

  readonly host: H2Host;
  readonly peer: Peer;
  readonly #wire: Wire;
  readonly #session: ServerHttp2Session;
  readonly #floods: Floods;
  readonly #reports: Reports;
  /** By the numbers of their streams. */
  readonly #exchanges = new Map<number, H2Exchange>();
  #streams = 0;
  #served = false;
  /** The first step out has been taken, or the second one. */
  #leaving: "no" | "told" | "closing" = "no";
  /** It flooded us, or nghttp2 has ended it. */
  #cutOff = false;
  /** Streams that we have reset ourselves. */
  readonly #ours = new WeakSet<ServerHttp2Stream>();

  constructor(host: H2Host, socket: Duplex, peer: Peer) {
    this.host = host;
    this.peer = peer;
    this.#wire = new Wire(socket, this);
    this.#reports = new Reports(host.events, peer);
    this.#floods = new Floods(host.maxConcurrentStreams);
    this.#session = performServerHandshake(this.#wire, host.sessionOptions);
    this.#session.on("stream", (...event: unknown[]) => this.#onStream(...(event as StreamEvent)));
    this.#session.on("ping", () => this.#count("http2-pings"));
    this.#session.on("remoteSettings", () => this.#count("http2-settings"));
    this.#session.on("error", (error) => !this.#cutOff && this.#reports.failed(error));
    this.#session.once("close", () => this.#onClose());
    host.headerQueue.arm(this, performance.now());
  }

  /** No request has come yet: one may be on its way. */
  get fresh(): boolean {
    return !this.#served;
  }

  // --- for its exchanges ---

  get taken(): number {
    return this.#wire.taken;
  }

  get writeQueue(): DeadlineQueue {
    return this.host.writeQueue;
  }

  /** Why a client that takes nothing is given up. */
  tookNothing(): JunicornError {
    return new JunicornError("ERR_WRITE_TIMEOUT", { seconds: this.writeQueue.milliseconds / 1000 });
  }

  /**
   * Ends a stream before its time, so that its answer does not look whole. To close it with an error code would not do: Node ends what is being written
   * then, and sends the last of it with the mark of a proper end.
   */
  breakOff(stream: ServerHttp2Stream, reason: Error): void {
    this.#ours.add(stream);
    stream.destroy(reason); // INTERNAL_ERROR
  }

  /** Ends one that is answered and whose client still sends, once the end of the answer is out: Node says "finish" a little earlier. */
  callOff(stream: ServerHttp2Stream): void {
    if (stream.destroyed || stream.closed) return;
    if (stream.state.localClose !== 1) return void setTimeout(() => this.callOff(stream), CALL_OFF_MS).unref();
    this.#ours.add(stream);
    stream.close(constants.NGHTTP2_NO_ERROR);
  }

  /** Without an exchange it was a request that we have refused. */
  streamClosed(stream: ServerHttp2Stream, exchange: H2Exchange | null): void {
    this.#streams--;
    if (this.#streams === 0) {
      if (this.#leaving === "no") this.host.idleQueue.arm(this, performance.now());
      else if (this.#leaving === "closing") this.#linger();
    }
    if (exchange === null) return;
    this.#exchanges.delete(stream.id!);
    // A client may give up with NO_ERROR as well.
    const broken = exchange.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR;
    if (broken && !this.#ours.has(stream)) this.#count("http2-resets");
  }

  refused(name: RuleName): void {
    this.#reports.refused(name);
  }

  // --- for its wire ---

  sawReset(stream: number, code: number): void {
    // Of streams that have come to be it is counted when they close.
    if (this.#reports.reset(stream, code) && !this.#exchanges.has(stream)) this.#count("http2-refusals");
  }

  /** nghttp2 does nothing more for such a client, and Node would let it stay. */
  sawGoaway(code: number, words: string): void {
    if (this.#cutOff || this.#session.destroyed) return; // of the end that Node makes it tells by an error
    if (this.#reports.goaway(code, words)) this.#cut();
  }

  // --- for the engine ---

  /** Whether the client takes what is written, whatever that is: answers without a body have no other limit. */
  lookAtWire(now: number): void {
    const { waitingSince } = this.#wire;
    const most = this.writeQueue.milliseconds || Infinity;
    if (waitingSince > 0 && now - waitingSince >= most) this.destroy(this.tookNothing());
  }

  /** The client is asked to bring no more. What is on its way is served. */
  leave(): void {
    if (this.#leaving !== "no" || this.#cutOff || this.#session.destroyed) return;
    this.#leaving = "told";
    this.#wire.inject(LEAVING);
    this.host.noticeQueue.arm(this, performance.now());
    this.#session.ping(() => this.lastCall());
  }

  /** Streams that are here are finished, later ones refused; with none left the session ends. */
  lastCall(): void {
    if (this.#leaving === "closing" || this.#cutOff || this.#session.destroyed) return;
    this.#leaving = "closing";
    this.queue?.disarm(this);
    this.#session.close();
    if (this.#streams === 0) this.#linger();
  }

  headerTimedOut(): void {
    this.refused("header-timeout");
    this.lastCall();
  }

  /** The client was told, and does not close its side. */
  giveUp(): void {
    this.#wire.destroy();
  }

  destroy(reason: Error): void {
    this.#lose(reason);
    this.#session.destroy();
    this.#wire.destroy();
  }

  // --- internal ---

  #onStream(...[stream, headers, flags, raw]: StreamEvent): void {
    stream.on("error", ignore); // it closes then, which is heard of
    // Opened and reset in one go: nobody else need know.
    if (this.#cutOff || stream.destroyed || stream.closed) return this.#count("http2-resets");
    this.#served = true;
    this.#streams++;
    if (this.#leaving === "no") this.queue?.disarm(this);
    const { limits, maxHeaderListSize, events } = this.host;
    const ends = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const head = readHead(raw, ends, limits, maxHeaderListSize);
    if (typeof head === "string") {
      stream.once("close", () => this.streamClosed(stream, null));
      return this.#refuse(stream, head, headers[":method"] === "HEAD");
    }
    const exchange = new H2Exchange(this, stream, head);
    this.#exchanges.set(stream.id!, exchange);
    events.exchange(exchange);
    if (!this.host.keepsConnections) this.leave();
  }

  /** Answers a request that is wrong in itself. */
  #refuse(stream: ServerHttp2Stream, name: RuleName, isHead: boolean): void {
    this.refused(name);
    answerRefusal(stream, this.host, name, isHead);
    stream.once("finish", () => this.callOff(stream)); // of a body nothing is read
    this.#count("http2-refusals");
    if (!this.host.keepsConnections) this.leave();
  }

  #count(flood: Flood): void {
    if (this.#cutOff || this.#session.destroyed || this.#floods.allow(flood)) return;
    this.refused(flood);
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    this.#cut();
  }

  /** Nothing more is heard of this client. */
  #cut(): void {
    const reason = new JunicornError("ERR_CLIENT_GONE");
    this.#cutOff = true;
    this.#lose(reason);
    this.#wire.turnDeaf();
    setTimeout(() => this.destroy(reason), FAREWELL_MS).unref();
  }

  #lose(reason: Error): void {
    for (const exchange of [...this.#exchanges.values()]) exchange.lost(reason, true);
  }

  #linger(): void {
    this.host.lingerQueue.arm(this, performance.now());
  }

  #onClose(): void {
    this.#reports.end();
    this.queue?.disarm(this);
    this.#wire.destroy();
    this.host.closed(this);
  }
}

function ignore(): void {}

/** Node's types do not know of the fields as a list. */
type StreamEvent = [stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw: HeaderList];

const CALL_OFF_MS = 5;

/** Between the GOAWAY for a client that floods us and the end of its connection: to let it be read. */
const FAREWELL_MS = 100;
