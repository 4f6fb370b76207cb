/** The limits that hold for every WebSocket, whichever engine speaks it. */

import type { WebSocketLimits } from "../http/websocket.ts";

export interface SocketLimits extends WebSocketLimits {
  /** Bytes that may be queued for a peer before it is cut; 0: no limit. */
  readonly maxBackpressure: number;
  /** How long nothing may be heard of a peer before it is cut, in ms; 0: for ever. */
  readonly idleTimeoutMs: number;
  /** After this long a silent peer is pinged, in ms; 0: never. */
  readonly pingIntervalMs: number;
}

/** The parts of a `ws` WebSocket that we use; both kinds of ours have them. */
export interface OpenSocket {
  readonly bufferedAmount: number;
  ping(data: Buffer): void;
  close(code: number, reason?: string): void;
  terminate(): void;
  on(event: "message" | "ping" | "pong" | "close", listener: () => void): unknown;
}

/** Shorter messages gain nothing by compression. */
export const COMPRESSION_THRESHOLD = 1024;
