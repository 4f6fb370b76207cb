/** What the addon reads of uWebSockets' own objects, as TypeScript knows it; native.ts hands it out. */

/** Indexes into the state that a head is read into, and how long that is. */
export const UwsHead = {
  /** Index into `native.parserRules`; 0: none is broken. */
  RULE: 0,
  /** See `UwsHeadFlag`. */
  FLAGS: 1,
  FIELDS: 2,
  /** Numbers of texts. */
  METHOD: 3,
  TARGET: 4,
  /** After `next()`: the number that its app was given. */
  APP: 5,
  /** After `read()`: see `UwsShortcut.giveBack`. */
  SOCKET: 6,
  /** From here on those of name and value of each field. */
  TEXTS: 7,
  LENGTH: 7 + 2 * 100,

  /** Indexes into the numbers, and how many there are: when the head was read, and how long the body is (-1: chunked). */
  TIME: 0,
  CONTENT_LENGTH: 1,
  NUMBERS: 2,

  /** Bytes of the longest body that comes with its head. */
  MOST_BODY: 16 * 1024,
} as const;

export const UwsHeadFlag = {
  /** `Connection: close` was asked for. */
  CLOSE: 1,
  EXPECTS_CONTINUE: 2,
} as const;

/** Bounds in bytes; 0 is unlimited. What is read is left in the arrays. */
export interface UwsHeadsOptions {
  readonly state: Int32Array;
  readonly numbers: Float64Array;
  /** Begins with the methods that are known. Texts that come again and again keep their place, so that each is made once. */
  readonly texts: string[];
  readonly methods: readonly string[];
  /** For what `next()` takes. */
  readonly body: Uint8Array;
  readonly requestLine: number;
  readonly fields: number;
  readonly fieldSize: number;
  /** Requests with larger ones are left to uWebSockets. */
  readonly bodySize: number;
  /** What TIME counts from, in milliseconds of CLOCK_MONOTONIC. */
  readonly timeOrigin: number;
}

/** What happens to a request that was taken from `next()`, or to its connection. */
export const UwsShortcutEvent = {
  /** The connection is closed; the slot is free. */
  GONE: 0,
  /** The rest of its answer is out. */
  SENT: 1,
} as const;

/** Reads heads, which are left in the arrays. Must be kept as long as its functions are called. */
export interface UwsReader {
  /**
   * Reads that of a request of uWebSockets, while its handler runs, and holds it to the rules of the parser. Anything else than such a request ends the process: the layout of its
   * memory is taken for granted.
   */
  read(request: object): void;
  /** Once, after `uwsBind`. `turn` is called when requests have come, `event` (an `UwsShortcutEvent`) for those that were taken. */
  shortcut(turn: () => void, event: (slot: number, event: number) => void): UwsShortcut;
}

/**
 * Serves requests on plain connections of uWebSockets that need nothing of it but their socket: those that are sound and came as a whole, with nothing behind them. Their bodies are small, if they have one.
 * They do not get to its handlers, unless they are handed over. A slot is one of them, until its answer is out, it is handed over, or its connection is gone.
 */
export interface UwsShortcut {
  /** From now on for the connections of the app that has this open response. */
  watch(response: object, app: number): void;
  /** A connection begins, whose descriptor may have been another's. */
  opened(fd: number): void;
  /** Takes the next request of this turn, and reads its head and body; -1: there is none. */
  next(): number;
  /**
   * uWebSockets serves it as if it had just come: calls its handler, before this returns, unless it refuses the request itself. Not while it is busy, which would end the
   * process, for it has room for one connection at a time.
   */
  handOver(slot: number): void;
  /** It is handling what came on a connection, or was said to be. */
  isBusy(): boolean;
  /** So it is until this turn of the loop ends: in a handler of a WebSocket, and in all that runs before that returns. */
  setBusy(): void;
  /**
   * Once uWebSockets' answer to a request is complete that was handed over, or with which `read()` has given an fd: uWebSockets has nothing else of that connection, and later requests
   * come here again. Does nothing if that is not so any more. Other fds: none.
   */
  giveBack(fd: number): void;
  /**
   * The answer as a whole: the status with the fields that follow it, without an end (latin-1), the length that is told (negative: none), and the body (UTF-8). A Date is added. False: the kernel
   * has not taken all of it; SENT or GONE follows, and the connection is not read meanwhile.
   */
  answer(slot: number, lead: string | ArrayBuffer, length: number, body: string | ArrayBuffer | Uint8Array): boolean;
  /** The fd of its connection. */
  socket(slot: number): number;
  /** A part of a request has come on this connection, and is kept. */
  hasPart(fd: number): boolean;
}

/** How a body goes on. Any other number: it has ended with so many bytes of what was given, and what follows is the next request. */
export const UwsBody = {
  /** There is more to come. */
  MORE: -1,
  /** It has ended, or is wanted no longer, and what comes from here on is dropped. */
  LAST: -2,
} as const;

export interface NativeUws {
  /**
   * Before the other calls: takes what they need out of the binary of uWebSockets that is loaded from `path`, which has been told to take so many bytes of a head at most. Throws
   * the name of what is missing. Once a process.
   */
  uwsBind(path: string, mostHeadBytes: number): void;
  /** Lets `uwsTakeBody` work for all connections of the app that has this response. False if it is not open any more. */
  uwsWatch(response: object, secure: boolean): boolean;
  /**
   * While the handler of a request with a chunked body runs: `take` is given the body in uWebSockets' place as it comes, chunks and all, in buffers of its own; first, before
   * this returns, what has come with the head. uWebSockets gets to see of it nothing but that it has ended, which it tells by `onData`. False, and nothing is taken, where
   * it is not known where the body begins.
   */
  uwsTakeBody(response: object, request: object, take: (bytes: Buffer) => number): boolean;
  /** What comes from here on, on the connection of an open response, is dropped. True if uWebSockets may have read more already, with which it goes on. */
  uwsDrop(response: object): boolean;
  /** Whether that was said of its connection. */
  uwsIsDropped(response: object): boolean;
  /** While the handler of a request runs: what was read together with it, after its head, is not parsed. Afterwards this does nothing. */
  uwsDropRest(request: object): void;
  /**
   * While uWebSockets tells of the end of a chunked body: the fd of its connection, if nothing was read behind it. It may be given back then, once this is answered: see `giveBack`. Or -1.
   */
  uwsEndsWithChunks(): number;
  /** While uWebSockets hands out a piece of a body: what was read behind it is not parsed. */
  uwsDropBehind(piece: ArrayBuffer): void;
  /** While uWebSockets handles what it has read: this connection closes in 10 s if nothing comes. `last`: nor is anything taken, as after `uwsDrop`. */
  uwsIdle(last: boolean): void;
  /** The same: it stays open until it is answered. */
  uwsBusy(): void;
  /** Throws where this Node does not give out the pointers that are needed. */
  uwsHeads(options: UwsHeadsOptions): UwsReader;
  /** The fd of the socket of a response that is neither answered nor aborted, or -1. Not of anything else, either. */
  uwsSocket(response: object): number;
  /** Of the same: whether the kernel takes a good deal more for its client now, a third of all that it keeps. */
  uwsHasRoom(response: object): boolean;
  /** Of the same: whether its client is gone, for both ways. */
  uwsIsHungUp(response: object): boolean;
}
