/** The Exchange: one request, and the means to answer it. The seam between engines and applications. */

import type { Duplex } from "node:stream";

/** Flat `[name, value, name, value, …]`, names spelled as on the wire. Values are latin-1 strings. */
export type HeaderList = string[];

export type HttpVersion = "1.0" | "1.1" | "2.0";

/** The two ends of a connection; one frozen object per connection, shared by its exchanges. */
export interface Peer {
  /** IP address, or "" on a unix socket. */
  readonly remoteAddress: string;
  /** 0 on a unix socket, and where several connections have this object: `remotePort` of an exchange knows more. */
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Path of the listening unix socket, or "". */
  readonly unixPath: string;
  /** The connection itself is TLS. */
  readonly encrypted: boolean;
  /** What the client uses: to us, or, where a trusted proxy says so, to the proxy. */
  readonly scheme: "http" | "https";
  /** A proxy whose word is taken (`--forwarded-allow-ips`). */
  readonly trusted: boolean;
  /** The PROXY protocol's word, of which `remoteAddress` and `remotePort` are; null without. */
  readonly via: Via | null;
  /** What was agreed on with the client, or the proxy; null where the connection is not TLS. */
  readonly tls: PeerTls | null;
}

/** A TLS connection, as it came out of its handshake. Plain data, which can be sent to threads. */
export interface PeerTls {
  /** "TLSv1.3". */
  readonly protocol: string;
  /** As OpenSSL names it, and as the standard does; "" where nobody can tell. */
  readonly cipher: { readonly name: string; readonly standardName: string; readonly version: string };
  /** The name that the client has asked for, or "". */
  readonly serverName: string;
  /** By ALPN, or "". */
  readonly application: string;
  /** Null where the engine does not tell. */
  readonly resumed: boolean | null;
  /** The client's certificate and those above it, in DER; empty: it has shown none. */
  readonly certificates: readonly Uint8Array[];
  /** An authority of `ca_certs` vouches for the certificate. */
  readonly authorized: boolean;
}

/** One end of a connection. */
export interface End {
  readonly address: string;
  readonly port: number;
}

/** What the header of the PROXY protocol said: the client's connection to the proxy. */
export interface Via {
  readonly protocol: "TCP4" | "TCP6";
  readonly source: End;
  readonly destination: End;
  /** The proxy's end of its connection to us. */
  readonly proxy: End;
}

/** Receives a request body. Every chunk is the sink's to keep. Exactly one of `end` and `fail` comes last. */
export interface BodySink {
  data(chunk: Uint8Array): void;
  end(trailers: HeaderList): void;
  /** The body will not be completed: client gone, malformed framing, or a limit. */
  fail(error: Error): void;
}

/** Who wants to know when an exchange is over (the service: access log, metrics, in-flight table). */
export interface ExchangeObserver {
  /** Called once, when the last byte went to the kernel or the exchange was cut. */
  exchangeOver(exchange: Exchange): void;
  /** Its connection has become something else, which may stay open for hours: it is answered, and no request any more. */
  exchangeUpgraded?(exchange: Exchange): void;
}

/**
 * Life of an answer: none → `inform()`* → `respond()`, or `start()` → `write()`* → `end()`; `abort()` at any point.
 * Calls on an exchange that is over are ignored, so late application code can do no harm.
 */
export abstract class Exchange {
  // Declared, and made in the constructor: fields that initialize themselves take twice as long.

  // --- the request: complete when the exchange is handed out ---
  declare readonly method: string;
  /** The request target as received: "/a?b", "*", "http://h/p" or "h:443". */
  declare readonly target: string;
  /** 0 or 1: HTTP/1.MINOR, or what the version is like; see `httpVersion`. */
  declare readonly httpMinor: number;
  declare readonly rawHeaders: HeaderList;
  /** The service puts another in its place where a trusted proxy speaks for the client. */
  declare peer: Peer;
  /** False: no body is coming. */
  declare readonly hasBody: boolean;
  /** Declared length of the body, or -1 when chunked. 0 without a body. */
  declare readonly contentLength: number;
  declare readonly expectsContinue: boolean;

  // --- the answer so far, for observers ---
  /** Status sent, or 0 while none is. */
  declare status: number;
  /** Headers as the application gave them, once started; the engine's own fields are not among them. */
  declare responseHeaders: HeaderList;
  /** Body bytes handed to the engine. */
  declare bytesSent: number;
  /** The answer's head has left. */
  declare started: boolean;
  /** The answer was completed by the application. */
  declare ended: boolean;
  /** Over before it was complete: the client went away, or the answer was cut. */
  declare aborted: boolean;
  /** Nothing will happen here any more. */
  declare over: boolean;

  // --- the service's notes ---
  /** When its head was read, or the service took it, in milliseconds of `performance.now()`. */
  declare startedAt: number;
  /** Its row in the table of requests in flight, or -1. */
  declare row: number;
  /** Its number in the worker, from 1. */
  declare serial: number;
  /** Somebody else has ended it (its time is up, an operator, the worker leaves): the application was told. */
  declare expired: boolean;

  // --- callbacks ---
  declare observer: ExchangeObserver | null;
  /**
   * Client gone or exchange cut, before the answer was flushed. Called once, never synchronously from a call of the app. A client that has only
   * closed its sending side looks the same at first: while `over` is false, an answer is still sent, and reaches one that is reading.
   */
  declare onAbort: ((reason: Error) => void) | null;
  /** The queue is empty again after `write()` returned false. */
  declare onDrain: (() => void) | null;
  /** The whole answer is in the kernel. Called once, after `end()` or `respond()`, possibly from within them. */
  declare onFlushed: (() => void) | null;

  protected constructor(
    method: string,
    target: string,
    httpMinor: number,
    rawHeaders: HeaderList,
    peer: Peer,
    hasBody: boolean,
    contentLength: number,
    expectsContinue: boolean,
  ) {
    this.method = method;
    this.target = target;
    this.httpMinor = httpMinor;
    this.rawHeaders = rawHeaders;
    this.peer = peer;
    this.hasBody = hasBody;
    this.contentLength = contentLength;
    this.expectsContinue = expectsContinue;
    this.status = 0;
    this.responseHeaders = EMPTY;
    this.bytesSent = 0;
    this.started = false;
    this.ended = false;
    this.aborted = false;
    this.over = false;
    this.startedAt = 0;
    this.row = -1;
    this.serial = 0;
    this.expired = false;
    this.observer = null;
    this.onAbort = null;
    this.onDrain = null;
    this.onFlushed = null;
  }

  get httpVersion(): HttpVersion {
    return this.httpMinor === 0 ? "1.0" : "1.1";
  }

  /** The client's port, if it is the client that `peer` is about; 0 on a unix socket, and where it is not known (any more). */
  get remotePort(): number {
    return this.peer.remotePort;
  }

  /** What it shares with others of its connection that may be in progress at the same time; null where it is alone. */
  get session(): object | null {
    return null;
  }

  // --- request body: nothing is read, and no 100-continue sent, before readBody() ---
  /**
   * Starts the flow into `sink`, once. What has arrived already may be delivered before this returns, `end` included; without a body that is
   * `end` alone. Sends `100 Continue` if expected and nothing was sent.
   */
  abstract readBody(sink: BodySink): void;
  /** Pieces of the read in progress, 64 KiB at most, may still be delivered. */
  abstract pauseBody(): void;
  abstract resumeBody(): void;

  // --- answer ---
  /** The whole answer in one call: the hot path. A string goes out as UTF-8. `Content-Length` is added unless given. */
  abstract respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void;
  /**
   * Starts a streamed answer. Framing: a given `Content-Length` is kept; else chunked for HTTP/1.1, else the connection closes at the end.
   * `reason` "" takes the standard phrase. Throws `ERR_RESPONSE_HEADER` for a name or value that must not go on the wire; nothing was sent then.
   */
  abstract start(status: number, reason: string, headers: HeaderList): void;
  /** False: stop until `onDrain`. Never more than Content-Length goes out; bytes after it are an error in the app (`ERR_RESPONSE_LENGTH`). */
  abstract write(chunk: string | Uint8Array): boolean;
  /**
   * Completes a streamed answer. Fewer bytes than Content-Length: the connection is cut, so that the client can tell, and
   * `ERR_RESPONSE_LENGTH` is thrown.
   */
  abstract end(trailers?: HeaderList): void;
  /** An interim answer (100, 102, 103). Ignored for HTTP/1.0 and once started. */
  abstract inform(status: number, headers: HeaderList): void;
  /** Cuts the connection, so that the client cannot take the answer for complete. */
  abstract abort(reason: Error): void;
  /**
   * Takes the connection out of HTTP, for a request with `isUpgrade`: the raw socket and what followed the head.
   * The exchange is over for the engine; the socket's closing ends it for the observer.
   */
  upgrade(): { socket: Duplex; head: Buffer } {
    throw new Error("this connection cannot become another than one of HTTP");
  }
  /** True for CONNECT and for `Connection: upgrade` requests, while `upgrade()` is still possible: in most engines never. */
  get isUpgrade(): boolean {
    return false;
  }
}

const EMPTY: HeaderList = [];

/** An application, whatever its interface: takes an exchange and answers it, now or later. Never throws: failures go to `fail`. */
export interface AppHandler {
  /** May return a promise that settles once the application has returned, for those who must know (a thread of a pool). It never rejects. */
  handle(exchange: Exchange): void | PromiseLike<unknown>;
}

/** Where adapters report what the application did wrong; logs it and answers 500 if that is still possible, else cuts. */
export interface FailureSink {
  fail(exchange: Exchange, error: unknown): void;
}
