/**
 * Every message between a worker's main thread and a pool thread, over the one line that the two share. A small request is one message,
 * and so is a small answer; whatever streams comes in pieces that name their request by number.
 */

import type { MessagePort } from "node:worker_threads";

import type { LogLevel, ErrorCode, ErrorDetails } from "../../base/errors.ts";
import type { Settings } from "../../config/settings/index.ts";
import type { HeaderList, PeerTls, Via } from "../../http/exchange.ts";

/** Bodies up to this size travel with their request or answer; larger ones stream. */
export const INLINE_BODY = 64 * 1024;

/** What a sender may have under way that the receiver has not asked more for. */
export const WINDOW = 256 * 1024;

/** The receiver gives credit in pieces of this size, so that small chunks do not each cost a message back. */
export const CREDIT_STEP = 64 * 1024;

/** Bits of a task's flags. */
export const TaskFlag = { EXPECTS_CONTINUE: 1, HTTPS: 2, TRUSTED: 4, HTTP2: 8 } as const;

/** A request. A tuple, because a structured clone writes the names of an object's properties each time. */
export type RequestTask = readonly [
  id: number,
  method: string,
  target: string,
  httpMinor: number,
  rawHeaders: HeaderList,
  contentLength: number,
  flags: number,
  remoteAddress: string,
  remotePort: number,
  localAddress: string,
  localPort: number,
  unixPath: string,
  /** The whole body, if it is small; else it must be asked for. */
  body: Uint8Array | null,
  via: Via | null,
  tls: PeerTls | null,
];

/** A small, complete answer. */
export type Answer = readonly [
  id: number,
  status: number,
  reason: string,
  headers: HeaderList,
  body: string | Uint8Array | null,
];

/** The task that piscina starts in each of its threads, and that lasts as long as the thread. */
export interface Session {
  readonly line: MessagePort;
  readonly settings: Settings;
  /** For the thread's watchdog: the memory where it writes stacks, and the bell that wakes it. */
  readonly stackFd: number;
  readonly bellFd: number;
}

/** An error of ours, as it crosses. */
export interface Reason {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/** Main thread to pool thread. */
export type ToThread =
  | RequestTask
  /** Run the exit handlers and say `left`. */
  | { readonly type: "leave" }
  /** Say what you wait for: answered with `explained`, by an event loop that turns. */
  | { readonly type: "explain" }
  /** There has been nothing to do for a while: give memory back. */
  | { readonly type: "rest" }
  | { readonly type: "body"; readonly id: number; readonly chunk: Uint8Array }
  | { readonly type: "body-end"; readonly id: number; readonly trailers: HeaderList }
  | { readonly type: "body-failed"; readonly id: number; readonly reason: Reason }
  /** So many bytes of the answer are in the kernel, or on their way to it. */
  | { readonly type: "credit"; readonly id: number; readonly bytes: number }
  /** The client is gone (`over`), has half-closed (not `over`), or the request's time is up (`expired`). */
  | {
      readonly type: "gone";
      readonly id: number;
      readonly reason: Reason;
      readonly over: boolean;
      readonly expired: boolean;
    };

/** Pool thread to main thread. An answer, `end`, `abort` and `released` each say that the thread can take its next request. */
export type FromThread =
  | Answer
  /** It is about to load the application. `noStacks`: why its watchdog gives no stacks, or "". */
  | { readonly type: "began"; readonly thread: number; readonly noStacks: string }
  | { readonly type: "loaded"; readonly takesUpgrades: boolean }
  | { readonly type: "load-failed"; readonly exit: number; readonly problem: string }
  | { readonly type: "left" }
  /** Answer to `explain`: lines for people. */
  | { readonly type: "explained"; readonly text: string }
  /** With `reload`: the files it has loaded. */
  | { readonly type: "sources"; readonly files: readonly string[] }
  | { readonly type: "log"; readonly level: LogLevel; readonly message: string }
  /** The application wants the body. */
  | { readonly type: "read"; readonly id: number }
  /** So many bytes of the body have been taken. */
  | { readonly type: "taken"; readonly id: number; readonly bytes: number }
  | { readonly type: "inform"; readonly id: number; readonly status: number; readonly headers: HeaderList }
  | {
      readonly type: "start";
      readonly id: number;
      readonly status: number;
      readonly reason: string;
      readonly headers: HeaderList;
    }
  | { readonly type: "write"; readonly id: number; readonly chunk: string | Uint8Array; readonly length: number }
  | { readonly type: "end"; readonly id: number; readonly trailers: HeaderList }
  | { readonly type: "abort"; readonly id: number; readonly message: string }
  /** The application is through with a request that had ended otherwise. */
  | { readonly type: "released"; readonly id: number };

/** Those that are about one request; an answer is one, too, but has a way of its own. */
export type AboutRequest = Extract<FromThread, { readonly id: number }>;

/** Bytes that may be transferred: the view itself if it owns all of its memory, else a copy. Buffers share slabs, which must stay. */
export function transferable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const owns = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return owns ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
