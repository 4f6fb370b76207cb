/** An Exchange over a uWebSockets response. The response must never be touched once it is answered or aborted: it is dropped at once then. */

import { JunicornError } from "../../base/errors.ts";
import type { HeaderList, Peer } from "../../http/exchange.ts";
import { UNKNOWN_LENGTH, type ResponseHead } from "../../http/response-head.ts";
import { byteLength } from "../engine-exchange.ts";
import type { UwsResponse } from "./binding.ts";
import { native } from "../../native.ts";
import { ChunkedBody } from "./chunked-body.ts";
import type { Chunks } from "./chunks.ts";
import { bytesOf, FixedBody } from "./fixed-body.ts";
import type { Head } from "./heads.ts";
import { HeldHead } from "./held-head.ts";
import type { LastText } from "./last-text.ts";
import { close, sendKept } from "./reading.ts";
import { RequestExchange, type RequestHost } from "./request-exchange.ts";
import { remotePortOf } from "./shared-peer.ts";
import { writeWhole, type HeadParts } from "./write-head.ts";

/** What an exchange needs of its engine. */
export interface UwsHost extends RequestHost {
  readonly head: ResponseHead;
  readonly lastText: LastText;
  readonly serverHeader: string;
  readonly keepsConnections: boolean;
  /** The last answer of a connection is about to be complete. */
  answeredLast(res: UwsResponse): void;
  /** The answer is about to be complete, and somebody reads what comes of the request after it. */
  readsOn(res: UwsResponse, exchange: UwsExchange): void;
  /** The response is answered or aborted. */
  done(): void;
}

/**
 * A larger whole body goes out as the client takes it. Of one that is more, with its head, than uWebSockets collects in a handler, the rest is forgotten where the kernel is full (see
 * chunked-body.ts): the answer is cut short, and taken for none, which ends the process.
 */
const MOST_COLLECTED = 14 * 1024;

export class UwsExchange extends RequestExchange<UwsHost> {
  /** Nothing came with the request, and so there is no other answer. */
  readonly #isAlone: boolean;
  /** Null where the answer is not streamed. */
  #heldHead: HeldHead | null = null;
  /** A body of declared length. */
  #fixed: FixedBody | null = null;
  /** A body of no declared length. */
  #chunked: ChunkedBody | null = null;

  constructor(host: UwsHost, res: UwsResponse | null, head: Head, peer: Peer, chunks: Chunks | null = null) {
    super(host, res, head, peer, chunks);
    this.startedAt = head.time;
    this.#isAlone = head.socket >= 0;
  }

  /**
   * The route handler returns: from here on writes are corked by us. A response without a listener for its abortion that is not answered now ends the
   * process; one that is, as most are, needs none, for nothing is read from its connection while the handler runs.
   */
  handlerReturned(): void {
    this.corked = false;
    this.res?.onAborted(() => this.#aborted());
  }

  /** Known until the answer is out. */
  override get remotePort(): number {
    return remotePortOf(this.peer, this.res);
  }

  // --- answer ---

  override respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    const res = this.res;
    if (res === null || this.started) return;
    const ready = typeof body === "string" ? this.host.lastText.bytesOf(body) : body;
    const length = ready === null ? 0 : byteLength(ready);
    this.build(status, reason, headers, length);
    this.ended = true;
    if (!this.bodiless) this.bytesSent = length;
    if (!this.bodiless && length + this.host.head.block.lines.length > MOST_COLLECTED) {
      (this.#heldHead = new HeldHead(this.host)).hold();
      this.#writeFixed(bytesOf(body!));
    } else if (this.corked) this.#sendWhole(res, this.host.head, ready);
    else res.cork(() => this.#sendWhole(res, this.host.head, ready));
  }

  override start(status: number, reason: string, headers: HeaderList): void {
    if (this.res === null || this.started) return;
    this.build(status, reason, headers, UNKNOWN_LENGTH);
    (this.#heldHead = new HeldHead(this.host)).hold();
    // A chunked head cannot be sent before its first chunk; one with a length can, unless the version takes an empty piece for the end.
    if (this.declared > 0 && this.res.beginWrite === undefined)
      queueMicrotask(() => {
        if (this.#heldHead?.waits === true && this.res !== null) this.#writeFixed(new Uint8Array(0));
      });
  }

  override write(chunk: string | Uint8Array): boolean {
    if (this.over || this.ended || this.bodiless || chunk.length === 0) return true;
    if (!this.started) throw new Error("write() before start()");
    this.countPiece(chunk);
    if (this.declared >= 0) return this.#writeFixed(bytesOf(chunk));
    return this.res === null || this.#writeChunk(this.res, chunk);
  }

  /** Trailers are not sent: uWebSockets ends a chunked answer without any. */
  override end(_trailers?: HeaderList): void {
    if (this.over || this.ended) return;
    if (!this.started) throw new Error("end() before start()");
    this.checkLength();
    this.ended = true;
    const res = this.res;
    this.reading?.release();
    if (this.declared > 0 && res !== null) return; // the last of it is still on its way: #fixedDone
    if (this.declared > 0) this.completed();
    if (res === null) return;
    if (this.#chunked?.waits === true || this.#closesLater) setImmediate(() => this.#finish());
    else this.#finish();
  }

  /** uWebSockets has no interim answers but the 100 that it sends by itself. */
  override inform(): void {}

  override abort(reason: Error): void {
    if (this.over) return;
    const res = this.res;
    this.#drop();
    this.lost(reason, true);
    // While uWebSockets collects, what has been written so far would be lost with the connection.
    if (res !== null) close(res, this.reading !== null || (this.started && this.corked));
  }

  /** Makes the head of the answer, or throws. */
  protected build(status: number, reason: string, headers: HeaderList, length: number): void {
    const { head, keepsConnections } = this.host;
    const keep = keepsConnections && !this.wantsClose && this.chunks?.last !== true;
    head.build(status, reason, headers, length, this.method === "HEAD", 1, keep);
    this.closes = head.close;
    if (head.close) this.chunks?.endHere();
    this.answerBegun(head, status, headers);
  }

  // --- internal ---

  /** uWebSockets closes with the last of the answer, and may be handing out the body: see `close`. */
  get #closesLater(): boolean {
    return this.wantsClose && this.reading !== null;
  }

  #sendHead(): void {
    if (this.#heldHead?.send(this.res) === true) this.closes = true;
  }

  /** Before the last of the answer is written. */
  #endsWith(res: UwsResponse): void {
    // Somebody may still want what the client sends of its request.
    if (!this.complete && this.body!.taken) this.host.readsOn(res, this);
    else if (this.closes) this.host.answeredLast(res);
  }

  #sendWhole(res: UwsResponse, head: HeadParts, body: string | Uint8Array | ArrayBuffer | null): void {
    this.reading?.release();
    this.#endsWith(res);
    // The head alone may be more than is collected, or there is something already, of another answer to what came with this request.
    const isAlone = this.#isAlone && head.block.lines.length <= MOST_COLLECTED;
    if (this.corked && !isAlone) res.onAborted(NOTHING);
    const over = this.complete || this.chunks?.over === true;
    writeWhole(res, head, body ?? "", this.host.serverHeader, this.wantsClose, over);
    this.#drop();
    this.completed();
  }

  #finish(): void {
    const res = this.res;
    if (res === null) return;
    this.#chunked?.flush();
    this.#inCork(res, () => {
      this.#sendHead();
      this.#endsWith(res);
      if (this.bodiless) res.endWithoutBody();
      // Told to close here, uWebSockets would write the field into the body; the head has said it, and the client closes.
      else res.end("");
    });
    this.#drop();
    this.completed();
  }

  #inCork(res: UwsResponse, work: () => void): void {
    if (this.corked) work();
    else res.cork(work);
  }

  #writeChunk(res: UwsResponse, chunk: string | Uint8Array): boolean {
    let room = true;
    this.#inCork(res, () => {
      this.#sendHead();
      this.#chunked ??= new ChunkedBody(
        res,
        () => native().uwsHasRoom(res),
        () => this.#hasRoom(),
      );
      room = this.#chunked.write(chunk);
    });
    this.reading?.sent(room, () => this.#hasRoom());
    return room;
  }

  #hasRoom(): void {
    if (this.res !== null && this.#chunked!.resume()) this.onDrain?.();
  }

  #writeFixed(chunk: Uint8Array): boolean {
    const res = this.res;
    if (res === null) return true;
    if (this.#fixed === null) {
      this.#fixed = new FixedBody(res, this.declared);
      res.onWritable((offset) => this.#onWritable(offset));
    }
    this.sends(chunk);
    if (this.bytesSent < this.declared) return this.#sendFixed(this.#fixed, chunk);
    this.reading?.release();
    if (!this.#closesLater) return this.#sendFixed(this.#fixed, chunk);
    setImmediate(() => this.res === null || this.#sendFixed(this.#fixed!, chunk));
    return true;
  }

  #sendFixed(fixed: FixedBody, chunk: Uint8Array): boolean {
    let room = true;
    this.#inCork(this.res!, () => {
      this.#sendHead();
      if (this.bytesSent >= this.declared) this.#endsWith(this.res!);
      room = fixed.write(chunk);
    });
    if (fixed.done) this.#fixedDone();
    else this.reading?.sent(room, () => void this.#onWritable(this.res!.getWriteOffset()));
    return room;
  }

  #onWritable(offset: number): boolean {
    const fixed = this.#fixed;
    if (fixed === null || this.res === null) return true;
    sendKept(this.res);
    const room = fixed.resume(offset);
    if (fixed.done) this.#fixedDone();
    else if (room) this.onDrain?.();
    return room;
  }

  /** Every byte that was promised is out, so for uWebSockets the answer is complete, whether or not `end()` was called yet. */
  #fixedDone(): void {
    this.#drop();
    if (this.ended) this.completed();
  }

  /** The connection is gone. */
  #aborted(): void {
    this.#drop();
    this.lost(new JunicornError("ERR_CLIENT_GONE"), false);
  }

  #drop(): void {
    if (this.res === null) return;
    this.res = null;
    this.reading?.drop();
    this.chunks?.drop(this.body!.taken);
    this.#heldHead?.forget();
    if (this.socket >= 0) this.host.giveBack(this.socket);
    this.host.done();
  }
}

// --- internal ---

const NOTHING = (): void => {};
