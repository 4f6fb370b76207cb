/** What a worker class sees of an HTTP engine. */

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import type { Exchange, PeerTls, Via } from "../http/exchange.ts";
import type { RuleName } from "../http/rules.ts";
import type { WebSocketLimits } from "../http/websocket.ts";
import type { Contexts } from "../tls/contexts.ts";
import type { CertReqs, KeyPair } from "../tls/material.ts";
import type { Uws } from "./uws/binding.ts";

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
  /** 0: there was no answer. */
  status: number;
  reason: string;
  /** That stream of an HTTP/2 session was reset; 0: several were. Absent where it is the connection, or the request has its answer. */
  stream?: number;
}

/** Why a handshake failed whose client went away. */
export const CLIENT_LEFT = "the client closed the connection in the middle of it";

/** What an engine reports to its worker class. None of these may throw. */
export interface EngineEvents {
  /** A request's head is complete. */
  exchange(exchange: Exchange): void;
  /** A connection is gone (closed, upgraded and closed, or reset). */
  closed(): void;
  refused(refusal: Refusal): void;
  /** Something that an operator should know. */
  noted?(text: string): void;
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
  /** Connections are TLS; null or absent: they are not. */
  tls?: TlsTerms | null;
  /** Over TLS, HTTP/2 is offered; null or absent: it is not. */
  http2?: Http2Terms | null;
  /** Value of the `Server` header, or "" for none. */
  serverHeader: string;
  events: EngineEvents;
}

/** How TLS is spoken. */
export interface TlsTerms {
  /** Makes the engine of a TLS port. */
  engine(options: EngineOptions, terms: TlsTerms): Engine;
  /** The same, with uWebSockets for the clients that suit it. */
  uwsEngine(uws: Uws, options: EngineOptions, terms: TlsTerms): Engine;
  /** Replaced when certificates change: new connections are made of what is here then. */
  readonly contexts: Contexts;
  /** The certificates themselves; the same object until they change. */
  readonly pairs: readonly KeyPair[];
  readonly ciphers: string | null;
  /** The hook `sslContext` has a say. */
  readonly hooked: boolean;
  readonly clientCertificates: CertReqs;
  /** A handshake came to nothing. */
  failed(peer: string, reason: string): void;
  /** uWebSockets does not take the certificates that are new. */
  beyondUws(reason: string): void;
}

/** See the settings of the same names, `http2_*`. */
export interface Http2Limits {
  readonly maxConcurrentStreams: number;
  readonly initialWindowSize: number;
  readonly maxFrameSize: number;
  readonly maxHeaderListSize: number;
}

/** How HTTP/2 is spoken. */
export interface Http2Terms {
  readonly limits: Http2Limits;
  /** HTTP/1 is not. */
  readonly alone: boolean;
  engine(options: EngineOptions, limits: Http2Limits): SecureEngine;
}

/** A TLS connection whose handshake is done, and whose client, if it has shown a certificate, is the one it says it is. */
export interface SecureConnection {
  readonly socket: TLSSocket;
  /** What is under it; of use only to reset the connection. */
  readonly raw: Socket;
  readonly fd: number;
  readonly tls: PeerTls;
  /** The other end, as in `adopt`. */
  readonly address: string;
  readonly port: number;
  readonly listener: ListenerInfo;
  readonly via: Via | null;
}

/** An engine that takes TLS connections once they are secure. It counts them in `connections` from then on, and tells when they have closed. */
export interface SecureEngine extends Omit<Engine, "adopt" | "refuse"> {
  adoptSecure(connection: SecureConnection): void;
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
