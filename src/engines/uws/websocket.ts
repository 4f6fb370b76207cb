/** A WebSocket of uWebSockets: what it must not be asked once it is closed is never asked. */

import type { EngineWebSocket, WebSocketEvents, WebSocketLimits } from "../../http/websocket.ts";
import type { Uws, UwsRequest, UwsResponse, UwsWebSocket, UwsWebSocketBehavior } from "./binding.ts";

/** What a WebSocket needs of its engine. */
export interface WebSocketHost {
  /** A WebSocket has something to be told, while uWebSockets is busy with it. */
  webSocketBusy(): void;
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
    message: (ws, data, isBinary) => toldOf(ws).message(data, isBinary, limits.maxPayload),
    ping: (ws, data) => toldOf(ws).events.pinged(Buffer.from(data)),
    pong: (ws, data) => toldOf(ws).events.pong(Buffer.from(data)),
    drain: (ws) => toldOf(ws).drained(),
    close: (ws, code, reason) => toldOf(ws).closed(code, Buffer.from(reason).toString()),
  };
}

export class UwsSocket implements EngineWebSocket {
  readonly events: WebSocketEvents;
  readonly #host: WebSocketHost;
  readonly #onClosed: () => void;
  /** Null before it is open and once it is closed: uWebSockets throws, at best, when a closed one is touched. */
  #ws: UwsWebSocket<UwsSocket> | null = null;

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

  /** Is about to be told something. */
  busy(): void {
    this.#host.webSocketBusy();
  }

  opened(ws: UwsWebSocket<UwsSocket>): void {
    this.#ws = ws;
  }

  message(data: ArrayBuffer, isBinary: boolean, maxPayload: number): void {
    if (data.byteLength <= maxPayload) return this.events.message(Buffer.from(data), isBinary);
    this.events.tooLarge();
    this.close(MESSAGE_TOO_BIG, "");
  }

  drained(): void {
    if (this.bufferedAmount === 0) this.events.drained();
  }

  closed(code: number, reason: string): void {
    this.#ws = null;
    const cutForSize = code === ABNORMAL && reason === "Received too big message";
    if (cutForSize) this.events.tooLarge();
    this.#onClosed();
    this.#host.webSocketClosed();
    // What uWebSockets says of abnormal ends did not come from the peer.
    if (code === ABNORMAL) this.events.closed(cutForSize ? MESSAGE_TOO_BIG : ABNORMAL, "");
    else this.events.closed(code === 0 ? NO_CODE : code, reason);
  }
}

// --- internal ---

function toldOf(ws: UwsWebSocket<UwsSocket>): UwsSocket {
  const { socket } = ws.getUserData();
  socket.busy();
  return socket;
}

const NO_CODE = 1005;
const ABNORMAL = 1006;
const MESSAGE_TOO_BIG = 1009;

/** Messages too long by less than this are read, and their sender is told 1009. Twice the limit where that is more. */
const SLACK = 1024 * 1024;
/** uWebSockets counts in 32 bits. */
const MOST_PAYLOAD = 0xffff_ffff;
