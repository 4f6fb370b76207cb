/** uWebSockets.js, typed as far as we use it, and loaded only if it can be. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { native } from "../../native.ts";

export interface UwsResponse {
  writeStatus(status: string | ArrayBuffer): UwsResponse;
  writeHeader(name: string | ArrayBuffer, value: string | ArrayBuffer | Uint8Array): UwsResponse;
  /** Chunked. False under backpressure; what is given is kept either way. */
  write(chunk: string | Uint8Array): boolean;
  end(body?: string | Uint8Array | ArrayBuffer, close?: boolean): UwsResponse;
  /** It takes a length as well, but then never counts the answer as complete. */
  endWithoutBody(): UwsResponse;
  /** Writes what the kernel takes of a body of `total` bytes: [all of the chunk, the answer is complete]. */
  tryEnd(chunk: string | Uint8Array, total: number): [boolean, boolean];
  /** The newer version has it, in which `tryEnd` counts the answer as complete when it is given nothing. */
  beginWrite?(): UwsResponse;
  close(): UwsResponse;
  getWriteOffset(): number;
  onWritable(handler: (offset: number) => boolean): UwsResponse;
  onAborted(handler: () => void): UwsResponse;
  onData(handler: (chunk: ArrayBuffer, last: boolean) => void): UwsResponse;
  getRemoteAddressAsText(): ArrayBuffer;
  cork(work: () => void): UwsResponse;
  pause(): void;
  resume(): void;
  /** The response must not be touched after this. `open` is called before it returns. */
  upgrade(userData: object, key: string, protocol: string, extensions: string, context: unknown): void;
}

/** Valid only while the handler runs. */
export interface UwsRequest {
  getUrl(): string;
  /** "" when there is none. */
  getHeader(lowerCaseName: string): string;
  /** Undefined when there is no "?". */
  getQuery(): string | undefined;
  getCaseSensitiveMethod(): string;
  forEach(visit: (name: string, value: string) => void): void;
}

/** Valid from `open` until `close` is called: it must not be touched in there, nor later. */
export interface UwsWebSocket<Socket> {
  getUserData(): { readonly socket: Socket };
  getBufferedAmount(): number;
  send(data: string | Uint8Array, isBinary: boolean, compress: boolean): number;
  ping(data: string | Uint8Array): number;
  /** Sends a close frame. `close` is called before this returns. */
  end(code: number, reason: string): void;
  /** Cuts. `close` is called before this returns. */
  close(): void;
}

/** An ArrayBuffer is taken back when the handler returns. */
export interface UwsWebSocketBehavior<Socket> {
  maxPayloadLength: number;
  compression: number;
  idleTimeout: number;
  sendPingsAutomatically: boolean;
  maxBackpressure: number;
  upgrade(response: UwsResponse, request: UwsRequest, context: unknown): void;
  open(ws: UwsWebSocket<Socket>): void;
  message(ws: UwsWebSocket<Socket>, data: ArrayBuffer, isBinary: boolean): void;
  ping(ws: UwsWebSocket<Socket>, data: ArrayBuffer): void;
  pong(ws: UwsWebSocket<Socket>, data: ArrayBuffer): void;
  drain(ws: UwsWebSocket<Socket>): void;
  close(ws: UwsWebSocket<Socket>, code: number, reason: ArrayBuffer): void;
}

export interface UwsApp {
  /** Takes requests with a `Sec-WebSocket-Key` of the right length; all others pass. */
  ws<Socket>(pattern: string, behavior: UwsWebSocketBehavior<Socket>): UwsApp;
  get(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp;
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp;
  /** Called with +1 and -1 as connections come and go; but not when one goes as a WebSocket. */
  filter(visit: (response: UwsResponse, change: number) => void): UwsApp;
  /** Takes a connected socket's fd over. */
  adoptSocket(fd: number): void;
  /** Cuts every connection. */
  close(): UwsApp;
}

export interface Uws {
  readonly DISABLED: number;
  readonly SHARED_COMPRESSOR: number;
  readonly SHARED_DECOMPRESSOR: number;
  App(): UwsApp;
  /** Reads the files, in PEM form, before it returns. Throws if it cannot use them, without saying why. */
  SSLApp(files: { readonly key_file_name: string; readonly cert_file_name: string }): UwsApp;
  _cfg(key: string): void;
}

/**
 * The module, or why there is none: a platform without a binary (musl, an old glibc, another Node), a version that is not known, or not installed.
 * `mostHeadBytes` is what it takes of a request's head.
 */
export function loadUws(mostHeadBytes: number): Uws | string {
  const reasons: string[] = [];
  // The binary reads it as it loads, and has no other way to be told; the application's own processes need not see it.
  process.env["UWS_HTTP_MAX_HEADERS_SIZE"] = String(mostHeadBytes);
  try {
    for (const name of MODULES) {
      const uws = loadModule(name, mostHeadBytes);
      if (typeof uws !== "string") return uws;
      reasons.push(uws);
    }
  } finally {
    delete process.env["UWS_HTTP_MAX_HEADERS_SIZE"];
  }
  return reasons.find((reason) => reason !== NOT_INSTALLED) ?? NOT_INSTALLED;
}

// --- internal ---

/** uWebSockets.js for Node 20 to 23, on all but the oldest systems; and for Node 22, 24 and 26, with glibc 2.38. npm installs the binaries for the Node that it runs on. */
const MODULES = ["uWebSockets.js", "uWebSockets.js-newer"];

const NOT_INSTALLED = "uWebSockets.js is not installed for this platform and this version of Node";

/** Those in whose memory the addon finds what it reads: native/src/uws-layout.h is true of them. */
const KNOWN_VERSIONS: readonly string[] = ["20.51.4", "20.69.0"];

function loadModule(name: string, mostHeadBytes: number): Uws | string {
  try {
    const require = createRequire(import.meta.url);
    const uws = require(name) as Uws;
    const binary = Object.values(require.cache).find((module) => module?.exports === uws && isBinary(module.id));
    if (binary === undefined) return `${name} is not made of a binary`;
    const { version } = JSON.parse(readFileSync(join(dirname(binary.id), "package.json"), "utf8")) as Package;
    if (!KNOWN_VERSIONS.includes(version))
      return `uWebSockets.js is of version ${version} at ${dirname(binary.id)}, and Junicorn knows ${KNOWN_VERSIONS.join(" and ")}`;
    native().uwsBind(binary.id, mostHeadBytes);
    uws._cfg("silent"); // no "uWebSockets" header
    return uws;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (code === "ERR_UWS_BINARY") return `uWebSockets.js or Node itself does not give out ${message}`;
    if (message.includes("Cannot find module")) return NOT_INSTALLED;
    return (message.split("\n").findLast((line) => line.trim() !== "") ?? message).trim();
  }
}

interface Package {
  readonly version: string;
}

function isBinary(path: string): boolean {
  return path.endsWith(".node");
}
