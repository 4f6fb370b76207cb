/** A WebSocket of uWebSockets: what it must not be asked once it is closed is never asked. */

import type { EngineWebSocket, WebSocketEvents, WebSocketLimits } from "../../http/websocket.ts";
import type { AfterRead } from "./after-read.ts";
import type { Uws, UwsRequest, UwsResponse, UwsWebSocket, UwsWebSocketBehavior } from "./binding.ts";

/** What a WebSocket needs of its engine. */
export interface WebSocketHost {
  /** Null: writing while something is being read is safe. */
  readonly afterRead: AfterRead | null;
  /** A WebSocket is closed, and its connection with it. */
  webSocketClosed(): void;
}

/** How the WebSockets of an app behave. `upgrade` is given each request for one, which is gone when it returns. */
export function webSocketBehavior(
  uws: Uws,
  limits: WebSocketLimits,
  upgrade: (response: UwsResponse, request: UwsRequest, context: unknown) => void,
): UwsWebSocketBehavior<UwsSocket> {
  return {
    // uWebSockets cuts a connection without a close frame when a message passes its limit, so ours is the lower one; see message().
    maxPayloadLength: Math.min(limits.maxPayload + Math.max(limits.maxPayload, SLACK), MOST_PAYLOAD),
    compression: limits.compression ? uws.SHARED_COMPRESSOR | uws.SHARED_DECOMPRESSOR : uws.DISABLED,
    // Silence and slow receivers are watched by src/websocket/, for all engines alike.
    idleTimeout: 0,
    sendPingsAutomatically: false,
    maxBackpressure: 0,
    upgrade,
    open: (ws) => ws.getUserData().socket.opened(ws),
    message: (ws, data, isBinary) => ws.getUserData().socket.message(data, isBinary, limits.maxPayload),
    ping: (ws, data) => ws.getUserData().socket.events.pinged(Buffer.from(data)),
    pong: (ws, data) => ws.getUserData().socket.events.pong(Buffer.from(data)),
    drain: (ws) => ws.getUserData().socket.drained(),
    close: (ws, code, reason) => ws.getUserData().socket.closed(code, Buffer.from(reason).toString()),
  };
}

export class UwsSocket implements EngineWebSocket {
  readonly events: WebSocketEvents;
  readonly #host: WebSocketHost;
  readonly #onClosed: () => void;
  /** Null before it is open and once it is closed: uWebSockets throws, at best, when a closed one is touched. */
  #ws: UwsWebSocket<UwsSocket> | null = null;
  /** The end has been told: nothing else may be any more. */
  #over = false;

  /** `onClosed` is called before `events.closed`. */
  constructor(host: WebSocketHost, events: WebSocketEvents, onClosed: () => void) {
    this.#host = host;
    this.events = events;
    this.#onClosed = onClosed;
  }

  get isOpen(): boolean {
    return this.#ws !== null;
  }

  get bufferedAmount(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  send(data: string | Uint8Array, isBinary: boolean, compress: boolean): void {
    this.#ws?.send(data, isBinary, compress);
  }

  ping(data: string | Uint8Array): void {
    this.#ws?.ping(data);
  }

  close(code: number, reason: string): void {
    this.#ws?.end(code, reason);
  }

  terminate(): void {
    this.#ws?.close();
  }

  // --- called by uWebSockets ---

  opened(ws: UwsWebSocket<UwsSocket>): void {
    this.#ws = ws;
  }

  message(data: ArrayBuffer, isBinary: boolean, maxPayload: number): void {
    const { afterRead } = this.#host;
    if (afterRead === null) return this.#received(data, isBinary, maxPayload);
    const copy = data.slice(0);
    afterRead.push(() => this.#received(copy, isBinary, maxPayload));
  }

  drained(): void {
    if (this.bufferedAmount === 0) this.events.drained();
  }

  closed(code: number, reason: string): void {
    this.#ws = null;
    this.#host.afterRead?.flush(); // what came before the end is told before it
    this.#over = true;
    const cutForSize = code === ABNORMAL && reason === "Received too big message";
    if (cutForSize) this.events.tooLarge();
    this.#onClosed();
    this.#host.webSocketClosed();
    // What uWebSockets says of abnormal ends did not come from the peer.
    if (code === ABNORMAL) this.events.closed(cutForSize ? MESSAGE_TOO_BIG : ABNORMAL, "");
    else this.events.closed(code === 0 ? NO_CODE : code, reason);
  }

  // --- internal ---

  #received(data: ArrayBuffer, isBinary: boolean, maxPayload: number): void {
    if (this.#over) return;
    if (data.byteLength <= maxPayload) return this.events.message(Buffer.from(data), isBinary);
    this.events.tooLarge();
    this.close(MESSAGE_TOO_BIG, "");
  }
}

// --- internal ---

const NO_CODE = 1005;
const ABNORMAL = 1006;
const MESSAGE_TOO_BIG = 1009;

/** Messages too long by less than this are read, and their sender is told 1009. Twice the limit where that is more. */
const SLACK = 1024 * 1024;
/** uWebSockets counts in 32 bits. */
const MOST_PAYLOAD = 0xffff_ffff;
