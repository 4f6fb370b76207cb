/** An Exchange that has no uWebSockets response until it needs one: its answer is not given as a whole, is large, or ends the connection. */

import { JunicornError } from "../../base/errors.ts";
import type { HeaderList, Peer } from "../../http/exchange.ts";
import { UNKNOWN_LENGTH } from "../../http/response-head.ts";
import { byteLength } from "../engine-exchange.ts";
import type { UwsResponse } from "./binding.ts";
import { UwsExchange, type UwsHost } from "./exchange.ts";
import type { Head, Heads } from "./heads.ts";
import { portAt } from "./shared-peer.ts";
import type { Shortcut } from "./shortcut.ts";

/** What is copied at most: larger bodies go out as the client takes them. */
const COPY_LIMIT = 64 * 1024;

export class ShortcutExchange extends UwsExchange {
  declare private readonly shortcut: Shortcut;
  /** Negative once it is answered, gone, or uWebSockets has it. */
  declare private slot: number;
  /** What uWebSockets is to be told once it has it, as it was busy with another one; it is checked already. Null: nothing. */
  declare private later: (() => void)[] | null;

  constructor(host: UwsHost, head: Head, peer: Peer, shortcut: Shortcut, slot: number) {
    super(host, null, head, peer);
    this.shortcut = shortcut;
    this.slot = slot;
    this.later = null;
    shortcut.hold(slot, this);
  }

  /** Its body is here, even if it is delivered later. */
  override get complete(): boolean {
    return true;
  }

  override get remotePort(): number {
    return this.slot < 0 ? super.remotePort : portAt(this.peer, this.shortcut.socket(this.slot));
  }

  /** Once the application has been called, as by the other ways that bodies come: who is to get it at once has asked by then. */
  bodyCame(from: Heads): void {
    this.receivedPieces([from.body]);
    this.receivedEnd([]);
  }

  override respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    const slot = this.slot;
    if (slot < 0 || this.started) return super.respond(status, reason, headers, body);
    const { head, lastText, keepsConnections, serverHeader } = this.host;
    const ready = typeof body === "string" ? lastText.bytesOf(body) : body;
    const length = ready === null ? 0 : byteLength(ready);
    head.build(status, reason, headers, length, this.method === "HEAD", 1, keepsConnections);
    const { block, bodiless } = head;
    if (head.close || block.hasDate || length > COPY_LIMIT || block.lines.length > COPY_LIMIT) {
      this.onUws(() => super.respond(status, reason, headers, body));
      if (this.later !== null) this.answerBegun(head, status, headers);
      return;
    }
    this.answerBegun(head, status, headers);
    this.ended = true;
    if (!bodiless) this.bytesSent = length;
    const { statusText } = head;
    const lead =
      block.hasServer || serverHeader === "" ? statusText + block.lines : block.under(statusText, serverHeader);
    this.slot = -1;
    const sent = this.shortcut.answer(slot, lead, head.length, bodiless || ready === null ? "" : ready);
    if (sent) this.host.done();
    this.completed();
  }

  override start(status: number, reason: string, headers: HeaderList): void {
    if (this.started) return;
    if (this.waits()) this.build(status, reason, headers, UNKNOWN_LENGTH);
    this.onUws(() => super.start(status, reason, headers));
  }

  override write(chunk: string | Uint8Array): boolean {
    if (this.later === null) return super.write(chunk);
    if (this.over || this.ended || this.bodiless || chunk.length === 0) return true;
    if (!this.started) throw new Error("write() before start()");
    this.countPiece(chunk);
    const piece = typeof chunk === "string" ? chunk : Buffer.from(chunk);
    this.later.push(() => {
      if (super.write(piece)) queueMicrotask(() => this.hasRoom());
    });
    return false;
  }

  override end(trailers?: HeaderList): void {
    if (this.later === null) return super.end(trailers);
    if (this.over || this.ended) return;
    if (!this.started) throw new Error("end() before start()");
    this.checkLength();
    this.ended = true;
    this.later.push(() => super.end(trailers));
  }

  override abort(reason: Error): void {
    if (!this.over) this.onUws(() => super.abort(reason));
  }

  /** Has uWebSockets serve it from here on, unless it does. */
  handOver(): void {
    const slot = this.slot;
    if (slot < 0) return;
    this.slot = -1;
    this.socket = this.shortcut.socket(slot);
    this.shortcut.handOver(slot);
    if (this.res === null && !this.over) {
      this.host.done(); // it has been refused
      this.lost(new JunicornError("ERR_CLIENT_GONE"), true);
    }
    this.catchUp();
  }

  /** uWebSockets' handler is called for it. */
  adopt(res: UwsResponse): void {
    this.res = res;
    this.handlerReturned();
  }

  /** The rest of its answer is out. */
  sent(): void {
    this.host.done();
  }

  /** The connection is closed. */
  gone(): void {
    this.slot = -1;
    this.later = null;
    this.host.done();
    if (!this.over) this.lost(new JunicornError("ERR_CLIENT_GONE"), false);
  }

  // --- internal ---

  /** Whether uWebSockets cannot be given it now. */
  private waits(): boolean {
    return this.later !== null || (this.slot >= 0 && this.shortcut.isBusy);
  }

  private onUws(work: () => void): void {
    if (!this.waits()) {
      this.handOver();
      return work();
    }
    if (this.later === null) {
      this.later = [];
      setImmediate(() => this.handOver());
    }
    this.later.push(work);
  }

  private catchUp(): void {
    const { later } = this;
    if (later === null) return;
    this.later = null;
    this.started = this.ended = false;
    this.bytesSent = 0;
    for (const work of later) work();
  }

  /** For pieces of which it was said that there is none. */
  private hasRoom(): void {
    if (!this.over && !this.ended) this.onDrain?.();
  }
}
