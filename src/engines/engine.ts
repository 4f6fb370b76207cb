/** What a worker class sees of an HTTP engine. */

import type { Exchange, Via } from "../http/exchange.ts";
import type { RuleName } from "../http/rules.ts";
import type { WebSocketLimits } from "../http/websocket.ts";

export interface EngineLimits {
  /** See limit_request_line, limit_request_fields, limit_request_field_size. */
  requestLine: number;
  fields: number;
  fieldSize: number;
  /** Bytes of a request body; 0 is unlimited. See limit_request_body. */
  body: number;
}

/** Where a connection came in; one object per listener. */
export interface ListenerInfo {
  readonly host: string;
  readonly port: number;
  /** Path of a unix listener, or "". */
  readonly unixPath: string;
}

/** A request that was refused before there was an exchange. */
export interface Refusal {
  peer: string;
  /** A row of http/rules.ts. */
  rule: string;
  status: number;
  reason: string;
}

/** A client, as refusals name it. */
export function nameOf(address: string, port: number, unixPath: string): string {
  return address === "" ? `unix:${unixPath}` : `${address}:${port}`;
}

/** What an engine reports to its worker class. None of these may throw. */
export interface EngineEvents {
  /** A request's head is complete. */
  exchange(exchange: Exchange): void;
  /** A connection is gone (closed, upgraded and closed, or reset). */
  closed(): void;
  refused(refusal: Refusal): void;
}

export interface EngineOptions {
  limits: EngineLimits;
  /** Idle time between requests, in ms; 0: every answer closes its connection. */
  keepAliveMs: number;
  /** Longest time from accept, or from the first byte of a later request, to a complete head, in ms. 0: no limit. */
  headerTimeoutMs: number;
  /** Longest time without a byte of a body that is wanted, in ms. 0: no limit. */
  bodyTimeoutMs: number;
  /** Longest time in which a client takes nothing of its answer, in ms. 0: no limit. */
  writeTimeoutMs: number;
  /** Whether the application takes raw connections (`upgrade` listeners): asked for each request that wants one. */
  acceptsUpgrade(): boolean;
  /** The application takes WebSockets through http/websocket.ts; null or absent: it does not. */
  webSockets?: WebSocketLimits | null;
  /** Whether a peer of that address ("" on unix sockets) is a trusted proxy. */
  trusts(address: string): boolean;
  /** Value of the `Server` header, or "" for none. */
  serverHeader: string;
  events: EngineEvents;
}

export interface Engine {
  /** Takes an accepted connection's fd. `address` is "" on unix sockets. `via`: what the PROXY protocol said. */
  adopt(fd: number, address: string, port: number, listener: ListenerInfo, via?: Via): void;
  /** Takes one whose first bytes were not what they should be: it is told, and closed. */
  refuse(fd: number, address: string, port: number, listener: ListenerInfo, rule: RuleName): void;
  /** Connections open, in any state. */
  readonly connections: number;
  /** Every answer whose head is not out yet ends its connection, and says so. */
  announce(): void;
  /**
   * Announces, and closes idle connections: each after most or all of `graceMs`, in which it may bring one more request, and never one with readable
   * bytes. Clients that have not been told cannot know; without the grace they would send requests into closing connections.
   */
  drain(graceMs: number): void;
  /** Cuts what is left. Returns how many connections were cut. */
  destroy(): number;
}
