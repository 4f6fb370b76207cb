/** WebSockets that an engine speaks by itself: the seam between it and src/websocket/. Other engines hand out the raw socket, `exchange.upgrade()`. */

import type { Exchange, HeaderList } from "./exchange.ts";

/** What an engine must know before the first WebSocket. */
export interface WebSocketLimits {
  /** Longest message in bytes, after decompression. */
  readonly maxPayload: number;
  /** Offer permessage-deflate. */
  readonly compression: boolean;
}

/** What an engine tells of a WebSocket. None of these may throw. Bytes are valid only during the call. */
export interface WebSocketEvents {
  message(data: Buffer, isBinary: boolean): void;
  /** A ping came; the engine has answered it. */
  pinged(data: Buffer): void;
  pong(data: Buffer): void;
  /** Nothing is queued any more. */
  drained(): void;
  /** The peer sent more than `maxPayload`. `closed` follows. */
  tooLarge(): void;
  /** Once, last. 1005: without a code; 1006: without a closing handshake. */
  closed(code: number, reason: string): void;
}

/** The engine's end of a WebSocket. Calls on one that is closed do nothing. */
export interface EngineWebSocket {
  /** Bytes queued here, not yet in the kernel. */
  readonly bufferedAmount: number;
  /** `compress` has an effect only where compression was negotiated. */
  send(data: string | Uint8Array, isBinary: boolean, compress: boolean): void;
  ping(data: string | Uint8Array): void;
  /** Says goodbye and closes; 0 leaves the code out. */
  close(code: number, reason: string): void;
  /** Closes without a word. */
  terminate(): void;
}

/** What was agreed with the client. */
export interface WebSocketAgreement {
  /** Fields of the 101 answer, without those of the handshake itself. They have been checked. */
  readonly headers: HeaderList;
  /** Subprotocol, or "". */
  readonly protocol: string;
  /** False: without permessage-deflate, whatever the client offers. */
  readonly compression: boolean;
}

/** An exchange whose request may become a WebSocket. */
export interface WebSocketExchange extends Exchange {
  /** Answers 101. The exchange is over when the WebSocket is closed. Null: too late, it was answered or aborted. */
  acceptWebSocket(agreement: WebSocketAgreement, events: WebSocketEvents): EngineWebSocket | null;
}

export function speaksWebSocket(exchange: Exchange): exchange is WebSocketExchange {
  return "acceptWebSocket" in exchange;
}
