/** PEP 3333 in TypeScript: what an application is given and what it gives back. */

import type { WsgiInput } from "./input.ts";

/** A string goes out as UTF-8. */
export type Bytes = Uint8Array | string;

type MaybePromise<Value> = Value | Promise<Value>;

/** The body: pieces, or one piece. A `close()` method, and an iterator's `return()`, are called whatever happens. */
export type WsgiResult = Bytes | Iterable<Bytes> | AsyncIterable<Bytes>;

export type WsgiApp = (environ: WsgiEnviron, startResponse: StartResponse) => MaybePromise<WsgiResult>;

/** Pairs, as PEP 3333 has it; a `Headers`, a Map or a plain object will do as well. */
export type WsgiHeaders =
  | Iterable<readonly [string, string | number]>
  | Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Sets status ("200 OK") and headers; they leave with the first piece of the body that is not empty. A second call is an error unless
 * `excInfo` (the error that made it necessary) is given; if the headers have left by then, that error is thrown.
 */
export type StartResponse = (status: string, headers?: WsgiHeaders, excInfo?: unknown) => Write;

/** Sends a piece at once. Await what it returns to wait for a slow client; returning pieces from the application is the better way. */
export type Write = (piece: Bytes) => Promise<void> | undefined;

/** Where `environ["wsgi.errors"]` writes: the error log, line by line. */
export interface WsgiErrors {
  write(text: string): void;
  writelines(lines: Iterable<string>): void;
  flush(): void;
}

/** Text variables are latin-1 strings, each character a byte of the request. */
export interface WsgiEnviron {
  REQUEST_METHOD: string;
  SCRIPT_NAME: string;
  PATH_INFO: string;
  QUERY_STRING: string;
  /** The request target as received. */
  RAW_URI: string;
  SERVER_NAME: string;
  SERVER_PORT: string;
  SERVER_PROTOCOL: string;
  SERVER_SOFTWARE: string;
  /** "" on a unix socket, and then there is no REMOTE_PORT. */
  REMOTE_ADDR: string;
  REMOTE_PORT?: string;
  CONTENT_TYPE?: string;
  CONTENT_LENGTH?: string;
  "wsgi.version": readonly [1, 0];
  "wsgi.url_scheme": string;
  "wsgi.input": WsgiInput;
  "wsgi.errors": WsgiErrors;
  "wsgi.multithread": boolean;
  "wsgi.multiprocess": boolean;
  "wsgi.run_once": boolean;
  /** `wsgi.input` ends where the body ends: it is safe to read a body without CONTENT_LENGTH. */
  "wsgi.input_terminated": true;
  /** Wraps a FileHandle, a Readable, or anything with `read(size)` into an iterable that is closed with the answer. */
  "wsgi.file_wrapper": (file: unknown, blockSize?: number) => AsyncIterable<Bytes>;
  /** Sends `103 Early Hints`; ignored for HTTP/1.0 and once the headers have left. */
  "wsgi.early_hints": (headers: WsgiHeaders) => void;
  /** Aborted when the client goes away before it has the whole answer. */
  "junicorn.signal": AbortSignal;
  /** Sets the trailer fields that follow a chunked body. */
  "junicorn.send_trailers": (trailers: WsgiHeaders) => void;
  /** HTTP_* and whatever the application's middleware adds. */
  [key: string]: unknown;
}
