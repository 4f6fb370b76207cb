/** An Exchange spoken over one llhttp connection. */

import type { Duplex } from "node:stream";
import type { HeaderList } from "../../http/exchange.ts";
import { UNKNOWN_LENGTH } from "../../http/response-head.ts";
import { byteLength, EngineExchange } from "../engine-exchange.ts";
import type { Connection } from "./connection.ts";
import type { ParsedHead } from "./parsed.ts";

export class LlhttpExchange extends EngineExchange {
  /** The client would keep the connection after this message. */
  readonly wantsKeepAlive: boolean;
  /** Raw mode can still be taken: see `upgrade()`. */
  upgradeable: boolean;

  readonly #connection: Connection;
  #bodyPaused = false;
  #continueSent = false;
  /** Head built but not sent yet: it leaves with the first piece of the body, or by itself at the end of the turn. */
  #heldHead = "";
  #chunked = false;
  #closeAfter = false;

  constructor(connection: Connection, head: ParsedHead, upgradeable: boolean) {
    super(head, connection.peer);
    this.#connection = connection;
    this.wantsKeepAlive = head.wantsKeepAlive;
    this.upgradeable = upgradeable;
  }

  // --- for the connection ---

  /** Somebody is taking the body as it comes. */
  get bodyFlows(): boolean {
    return this.body?.taken === true && !this.#bodyPaused;
  }

  get bodyRequested(): boolean {
    return this.body?.requested === true;
  }

  /** The answer told the client that the connection ends with it, or nobody knows where a next request would start. */
  get closesConnection(): boolean {
    return this.#closeAfter || this.body?.failed === true;
  }

  /** A client that asked for 100-continue never got it: it may or may not send the body now. */
  get bodyUncertain(): boolean {
    return this.expectsContinue && !this.#continueSent && !this.complete;
  }

  /** The queue is empty. */
  drained(): void {
    if (this.ended) this.#finish();
    else this.onDrain?.();
  }

  /** Sends a head that is still held. */
  flushHead(): void {
    if (this.#heldHead === "" || this.over) return;
    this.#connection.write(this.#takeHead(), null, "");
  }

  /** An upgraded socket has closed. */
  upgradeOver(): void {
    if (this.over) return;
    this.over = true;
    this.observer?.exchangeOver(this);
  }

  // --- request body ---

  protected override bodyWanted(): void {
    if (!this.expectsContinue || this.complete || this.started || this.over || this.#continueSent) return;
    this.#continueSent = true;
    this.#connection.write("HTTP/1.1 100 Continue\r\n\r\n", null, "");
  }

  protected override bodyOpened(): void {
    this.#connection.host.slowClients.watch(this.#connection);
    if (!this.#bodyPaused) this.#connection.read(true);
  }

  override pauseBody(): void {
    this.#bodyPaused = true;
    if (!this.complete) this.#connection.read(false);
  }

  override resumeBody(): void {
    this.#bodyPaused = false;
    if (!this.complete && this.bodyRequested) this.#connection.read(true);
  }

  // --- answer ---

  override respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    if (this.over || this.started) return;
    const length = body === null ? 0 : byteLength(body);
    const { head } = this.#connection;
    head.build(status, reason, headers, length, this.method === "HEAD", this.httpMinor, this.#connection.mayKeep(this));
    this.answerBegun(head, status, headers);
    this.ended = true;
    this.#closeAfter = head.close;
    if (head.bodiless || length === 0) body = null;
    else this.bytesSent = length;
    this.sends(body);
    if (this.#connection.write(head.text, body, "") === 0) this.#finish();
  }

  override start(status: number, reason: string, headers: HeaderList): void {
    if (this.over || this.started) return;
    const { head } = this.#connection;
    const keep = this.#connection.mayKeep(this);
    head.build(status, reason, headers, UNKNOWN_LENGTH, this.method === "HEAD", this.httpMinor, keep);
    this.answerBegun(head, status, headers);
    this.#closeAfter = head.close;
    this.#chunked = head.chunked && !head.bodiless;
    this.#heldHead = head.text;
    this.#connection.host.flushSoon(this);
  }

  override write(chunk: string | Uint8Array): boolean {
    if (this.over || this.ended || this.bodiless || chunk.length === 0) return true;
    if (!this.started) throw new Error("write() before start()");
    const length = this.countPiece(chunk);
    const head = this.#takeHead();
    if (!this.#chunked) this.sends(chunk);
    if (!this.#chunked) return this.#connection.write(head, chunk, "") === 0;
    return this.#connection.write(head + length.toString(16) + "\r\n", chunk, "\r\n") === 0;
  }

  override end(trailers: HeaderList = NO_TRAILERS): void {
    if (this.over || this.ended) return;
    if (!this.started) throw new Error("end() before start()");
    this.checkLength();
    let last = this.#chunked ? "0\r\n\r\n" : "";
    if (this.#chunked && trailers.length > 0) last = "0\r\n" + this.#connection.head.fields(trailers) + "\r\n";
    this.ended = true;
    last = this.#takeHead() + last;
    const queued = last === "" ? this.#connection.queued() : this.#connection.write(last, null, "");
    if (queued === 0) this.#finish();
  }

  override inform(status: number, headers: HeaderList): void {
    if (this.over || this.started || this.httpMinor === 0) return;
    if (status === 100) {
      if (this.#continueSent) return;
      this.#continueSent = true;
    }
    this.#connection.write(this.#connection.head.interim(status, headers), null, "");
  }

  override abort(reason: Error): void {
    if (!this.over) this.#connection.cut(this, reason);
  }

  override get isUpgrade(): boolean {
    return this.upgradeable && !this.started && !this.over;
  }

  override upgrade(): { socket: Duplex; head: Buffer } {
    if (!this.isUpgrade) throw new Error("this request cannot be upgraded any more");
    this.upgradeable = false;
    this.started = true;
    this.ended = true;
    this.status = this.method === "CONNECT" ? 200 : 101;
    this.observer?.exchangeUpgraded?.(this);
    return this.#connection.detach(this);
  }

  // --- internal ---

  #takeHead(): string {
    const head = this.#heldHead;
    this.#heldHead = "";
    return head;
  }

  #finish(): void {
    if (this.over) return;
    this.completed();
    this.#connection.exchangeDone(this);
  }
}

const NO_TRAILERS: HeaderList = [];
