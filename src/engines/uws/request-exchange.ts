/** The receiving side of an Exchange over a uWebSockets response: the request's body, whoever parses it, and when it is read. */

import type { HeaderList, Peer } from "../../http/exchange.ts";
import { ruleOf, type RuleName } from "../../http/rules.ts";
import { native } from "../../native.ts";
import { EngineExchange } from "../engine-exchange.ts";
import type { UwsResponse } from "./binding.ts";
import type { Chunks, ChunksReceiver } from "./chunks.ts";
import type { Head } from "./heads.ts";
import { Reading, type Receiver } from "./reading.ts";

/** What the receiving side needs of its engine. */
export interface RequestHost {
  /** Most bytes of a request body; 0: no limit. */
  readonly bodyLimit: number;
  /** True at the first call. */
  firstBody(): boolean;
  /** See `Shortcut`. */
  giveBack(socket: number): void;
  /** While uWebSockets handles what it has read: the rest of a request is here that was answered before. `last`: that ended the connection. */
  caughtUp(exchange: RequestExchange, last: boolean): void;
  /** The body of a request that is being served breaks a rule. */
  noteRefusal(res: UwsResponse, rule: RuleName, peer: Peer): void;
}

export abstract class RequestExchange<Host extends RequestHost = RequestHost>
  extends EngineExchange
  implements Receiver, ChunksReceiver
{
  declare protected readonly host: Host;
  /** Null once it must not be touched. */
  declare protected res: UwsResponse | null;
  /** We are inside a handler of uWebSockets, where it collects all writes into one. */
  declare protected corked: boolean;
  /** The client asked for the end of the connection. */
  declare protected readonly wantsClose: boolean;
  /** The answer says that the connection ends. */
  declare protected closes: boolean;
  /** Of its connection, which is given back once this is answered; or -1. See `Shortcut`. */
  declare protected socket: number;
  /** Null if nothing is to be waited for: there is no body, or it is here. */
  declare protected readonly reading: Reading | null;
  /** Null if the body is not chunked. */
  declare protected readonly chunks: Chunks | null;
  declare protected bodyPaused: boolean;

  constructor(host: Host, res: UwsResponse | null, head: Head, peer: Peer, chunks: Chunks | null) {
    super(head, peer);
    this.host = host;
    this.res = res;
    this.corked = true;
    this.socket = head.socket;
    this.wantsClose = head.close;
    this.closes = false;
    this.chunks = chunks;
    this.bodyPaused = false;
    this.reading = res === null || this.body === null || chunks?.ended === true ? null : new Reading(res);
    // Whoever does not listen now misses the body that came with the head.
    this.reading?.listen(this, host.firstBody());
    if (this.wantsClose) chunks?.endHere();
    chunks?.open(this);
    if (chunks?.ended === true) this.#isBack(native().uwsEndsWithChunks());
  }

  /** Its connection may become another, in other memory: nothing is to be noted of that. */
  protected get mayUpgrade(): boolean {
    return false;
  }

  /** uWebSockets sends `100 Continue` by itself. */
  protected override bodyWanted(): void {}

  protected override bodyOpened(): void {
    if (!this.bodyPaused) this.reading?.goOn();
  }

  override pauseBody(): void {
    this.bodyPaused = true;
    if (!this.complete) this.reading?.stop();
  }

  override resumeBody(): void {
    this.bodyPaused = false;
    this.reading?.goOn();
  }

  received(piece: ArrayBuffer, last: boolean): void {
    this.corked = true; // while uWebSockets handles a read it collects all writes as well
    try {
      if (last && this.over) this.host.caughtUp(this, this.closes);
      if (this.chunks !== null) {
        if (last) this.#isBack(native().uwsEndsWithChunks());
        if (last) this.chunks.handedBack();
        return;
      }
      if (last && this.wantsClose && this.res !== null && !this.mayUpgrade) this.#nothingFollows(this.res, piece);
      // Of an answered request nobody wants the rest.
      const wanted = piece.byteLength > 0 && (!this.over || this.body!.taken);
      if (wanted) this.receivedPieces([Buffer.from(new Uint8Array(piece))]);
      if (last) this.receivedEnd([]);
    } finally {
      this.corked = false;
    }
  }

  #isBack(socket: number): void {
    if (!this.over) this.socket = socket;
    else if (socket >= 0) this.host.giveBack(socket);
  }

  /** For what is behind a request that is not answered yet, uWebSockets would cut the connection. */
  #nothingFollows(res: UwsResponse, piece: ArrayBuffer): void {
    native().uwsDropBehind(piece);
    native().uwsDrop(res);
  }

  receivedPieces(pieces: readonly Uint8Array[]): void {
    const body = this.body!;
    // The answer is given, and nobody reads: with reading stopped nothing would come on this connection any more.
    if (this.reading?.released === true && !body.taken) return body.forget();
    for (const piece of pieces) {
      if (body.failed) return;
      if (!this.takeBody(piece, this.host.bodyLimit)) return this.reading?.stop();
    }
    if (!body.taken && this.chunks?.ended !== true) this.reading?.stop();
  }

  receivedEnd(trailers: HeaderList): void {
    if (this.body!.failed) return;
    // It is the application's turn, and that may take as long as it likes.
    if (this.reading?.goOn() === true && !this.started) native().uwsBusy();
    this.body!.end(trailers);
  }

  receivedNonsense(rule: RuleName): void {
    if (this.res !== null) this.host.noteRefusal(this.res, rule, this.peer);
    this.bodyBroken(ruleOf(rule));
  }
}
