/** What the request, the response and the socket of one exchange share. */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { FailureSink } from "../../http/exchange.ts";
import type { FieldNames } from "./field-checks.ts";
import type { OUT_HEADERS, OutHeaders } from "./out-headers.ts";
import type { ExchangeSocket } from "./socket.ts";

/** Under this key a request and a response find their socket, whatever the application does to `req.socket`. */
export const LINK: unique symbol = Symbol("junicorn.link");

/** What all requests of one application share. */
export interface Host {
  readonly failures: FailureSink;
  /** Fields that its responses have set. */
  readonly names: FieldNames;
  /** The captured server, or null for a plain function. */
  readonly server: Server | null;
  /** Settles an answer of which nobody wants to hear, at the end of this turn of the loop. */
  settleLater(socket: ExchangeSocket): void;
  /** Told of a response whose prototype the application replaced by one that did not lead to ours. */
  onForeignPrototype(response: ServerResponse): void;
}

/**
 * The parts of Node's own `IncomingMessage` that the adapter works with. All of them are set by its constructor and unchanged from
 * Node 20 to 26; the underscore is how Node marks what is for subclasses.
 */
export interface LinkedRequest extends IncomingMessage {
  [LINK]: ExchangeSocket;
  client: unknown;
  upgrade: boolean | null;
  joinDuplicateHeaders: boolean;
  _consuming: boolean;
  _dumped: boolean;
  _eventsCount: number;
  _readableState: {
    flowing: boolean | null;
    reading: boolean;
    /** Within `_read`, or before the first one. */
    sync: boolean;
    length: number;
    decoder: { readonly lastNeed?: number } | null;
    autoDestroy: boolean;
    resumeScheduled: boolean;
    ended: boolean;
    endEmitted: boolean;
    destroyed: boolean;
    closed: boolean;
    closeEmitted: boolean;
  };
  _addHeaderLines(headers: string[], count: number): void;
  _dump(): void;
}

/** The same for `ServerResponse`. */
export interface LinkedResponse extends ServerResponse<IncomingMessage> {
  /** Undefined on a response that a real Node server made: our overrides meet those where an Express prototype is shared. */
  [LINK]: ExchangeSocket | undefined;
  [OUT_HEADERS]: OutHeaders | null;
  _header: string | null;
  _headerSent: boolean;
  _hasBody: boolean;
  _contentLength: number | null;
  _trailer: string;
  _eventsCount: number;
  _closed: boolean;
  _storeHeader(firstLine: string, headers: unknown): void;
  _writeRaw(data: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean;
  _implicitHeader(): void;
}
