/** The native addon, typed. The only file that loads it; what the calls mean is said here, once. */

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { JunicornError } from "./base/errors.ts";
import type { HttpParser, ParserLimits } from "./native-parser.ts";
import type { NativeUws } from "./native-uws.ts";

export { HeadFlag, ParserField } from "./native-parser.ts";
export type { HttpParser, ParserLimits } from "./native-parser.ts";
export { UwsBody, UwsHead, UwsHeadFlag, UwsShortcutEvent, type UwsReader, type UwsShortcut } from "./native-uws.ts";

/** What happened on a stream: the `event` of the Streams callback, and what `value` then is. */
export const StreamEvent = {
  /** `value` bytes are at the start of `readBuffer`; they are gone when the callback returns. */
  READ: 0,
  /** The peer has half-closed; `value` is 0. Writing goes on; a reset is still reported. */
  END: 1,
  /** Everything queued has reached the kernel. */
  DRAIN: 2,
  /** The connection is broken: `value` is the errno (positive). The stream is already closed; its id is free after the callback. */
  ERROR: 3,
} as const;

/**
 * All plain connections of a thread, by small integer id: non-blocking reads into one shared buffer, writes that go straight to
 * `send` and queue only what the kernel does not take. Ids are reused after close.
 */
export interface Streams {
  /** 64 KiB shared by all streams of this object. */
  readonly readBuffer: Uint8Array;
  /**
   * Takes ownership of a connected socket's fd and starts watching it for input. Returns the id. With `quiet` it is paused, and not watched at
   * all before the first `resume` or `pause`: a connection that is answered at once never costs the event loop anything.
   */
  open(fd: number, quiet?: boolean): number;
  /**
   * Reads now, into `readBuffer`. Returns the bytes read, 0 at the peer's FIN (of which no END event tells then), -11 (EAGAIN) when nothing
   * waits, or another -errno: the stream is closed then, its id is free, and no ERROR event follows.
   */
  receive(id: number): number;
  /** Stops or resumes reading. A paused stream still reports ERROR on hang-up. */
  pause(id: number): void;
  resume(id: number): void;
  /**
   * Writes `head` (latin-1, may be empty), then `body` (a string goes out as UTF-8; bytes as they are; null for none), then `tail`
   * (latin-1; the CRLF after a chunk) in one system call where possible. Returns the bytes still queued in this process: 0 means the kernel has all. Negative: -errno, the stream is
   * closed already, its id is free, and an ERROR event will not follow. What is queued of a large Uint8Array is kept by reference, not copied: do not change it.
   */
  write(id: number, head: string, body: string | Uint8Array | null, tail?: string): number;
  /** Bytes queued and not yet in the kernel. */
  queued(id: number): number;
  /** True if bytes (or the peer's FIN) wait in the kernel: asked before an idle connection is closed, so that no request is lost. */
  readable(id: number): boolean;
  /** Sends FIN once the queue is empty. */
  shutdown(id: number): void;
  /** Closes at once, dropping the queue. With `reset`, the peer sees RST (an answer cut short must not look complete). */
  close(id: number, reset?: boolean): void;
  /** Stops watching and gives the fd back to the caller, who owns it now. Throws if something is queued. */
  detach(id: number): number;
}

/** Accepts from a shared listening fd. Starts paused. */
export interface Listener {
  /** Starts watching: the callback gets at most one connection a wake-up. */
  resume(): void;
  pause(): void;
  /** Accepts one waiting connection now, through the callback; false when none waits. */
  acceptNow(): boolean;
  /** Stops watching; the fd stays open, for it belongs to the process. */
  close(): void;
}

/**
 * `address` is "" for unix sockets. A negative `fd` is -errno (EMFILE, ENFILE, ENOBUFS, ENOMEM): nothing could be accepted, and the
 * listener has paused itself; resume it after a while, or once a connection has closed.
 */
export type OnConnection = (fd: number, address: string, port: number) => void;

/** Asked at each wake-up, before anything is accepted. After a false the listener is woken again as long as something waits: pause it. */
export type MayAccept = () => boolean;

export interface ListenOptions {
  /** An IP address, or undefined with `path`, which is a unix socket's. */
  host?: string;
  port?: number;
  path?: string;
  backlog: number;
  reusePort?: boolean;
  /** TCP only: the connection is reported once its first bytes are here, or after this many seconds. 0 is off. */
  deferAcceptSeconds?: number;
}

export interface SocketName {
  family: "IPv4" | "IPv6" | "unix";
  address: string;
  port: number;
}

/** A row of the system's user or group database. */
export interface Account {
  readonly name: string;
  readonly id: number;
  /** Of a user: the number of its primary group. */
  readonly group: number;
}

export interface Native extends NativeUws {
  /** Names of the parser's rules by number (native/src/request-grammar.h); 0 is "none". Each has a row in http/rules.ts. */
  readonly parserRules: readonly string[];
  readonly parserState: Int32Array;
  readonly HttpParser: new (limits: ParserLimits) => HttpParser;
  readonly Streams: new (onEvent: (id: number, event: number, value: number) => void) => Streams;
  readonly Listener: new (fd: number, onConnection: OnConnection, mayAccept?: MayAccept) => Listener;

  /** socket + bind + listen; returns the fd (close-on-exec, non-blocking). Errors carry `code`, `errno`, `syscall`. */
  listen(options: ListenOptions): number;
  /** getsockname / getpeername. */
  socketName(fd: number): SocketName;
  peerName(fd: number): SocketName;
  /** Connections waiting in a listener's accept queue, and its bound. Null where the kernel does not say. */
  acceptQueue(fd: number): { length: number; limit: number } | null;
  /** The same of a unix listener, which costs a conversation with the kernel. Null where it does not have that (CONFIG_UNIX_DIAG), and for others. */
  unixAcceptQueue(fd: number): { length: number; limit: number } | null;
  /** True if `fd` is a listening socket. */
  isListening(fd: number): boolean;
  /**
   * Lets no new connection begin on a TCP listener, for all processes that share it: clients that try wait, until it is closed and they are refused.
   * What waits in its queue, or is half there, can still be accepted. There is no way back.
   */
  closeGate(fd: number): void;
  /** How many bytes of answers the kernel takes, beyond what a client lets it send, for each connection that a TCP listener accepts from now on; 0: no bound of ours. */
  limitUnsent(fd: number, bytes: number): void;
  /**
   * At most so many bytes wait to be read on a connected TCP socket from now on, if its peer keeps to the window that it is told; what waits already stays.
   * False if the kernel does not take it. The connection's window is no larger, either.
   */
  limitReceived(fd: number, bytes: number): boolean;
  close(fd: number): void;
  /** Copies what waits on a socket into `buffer` without taking it. Returns the bytes, 0 at the end of input, or -errno (-11: nothing waits). */
  peek(fd: number, buffer: Uint8Array): number;
  /** Looks for the header of the PROXY protocol at the start of `bytes`. `versions`: 1 for version 1, 2 for version 2, 3 for both. */
  parseProxyHeader(bytes: Uint8Array, versions: number): ProxyHeader;
  /** The same for what waits on a socket; a whole header is taken off it, and not a byte more. At the end of input it is `absent`. */
  takeProxyHeader(fd: number, versions: number): ProxyHeader;
  /** A number that no other socket of this machine has had, to tell whether an fd is still the socket it was; 0 if it is no socket. */
  socketCookie(fd: number): number;
  /** How many bytes have come in on a TCP connection so far; the end of input may count as one. -1 where the kernel does not say. */
  bytesReceived(fd: number): number;
  /** Another descriptor of the same (close-on-exec), or -errno. */
  copyDescriptor(fd: number): number;
  /** True if bytes or the peer's FIN wait. */
  isReadable(fd: number): boolean;
  /** True if the kernel takes a good deal more for the peer: a third of what it may keep. */
  isWritable(fd: number): boolean;
  /** shutdown(SHUT_RD): whoever reads the fd sees the end of input. Errors are ignored: the socket may be gone. */
  shutdownRead(fd: number): void;

  /** A sealed anonymous memory file of `size` zero bytes; returns its fd. */
  createSharedMemory(name: string, size: number): number;
  /** Maps it, shared and writable. The mapping lives until the ArrayBuffer is collected. */
  mapSharedMemory(fd: number, size: number): ArrayBuffer;

  /** An eventfd (close-on-exec); `notify` adds one to it. */
  createEvent(): number;
  notifyEvent(fd: number): void;
  /**
   * Starts this thread's watchdog: whenever `eventFd` is notified, the JavaScript stack of this thread is written as UTF-8 into `area`,
   * even while JavaScript is spinning: Int32 at 0 = sequence number (last to be written, then woken), Int32 at 4 = length, text from 8.
   * Returns "" or why stacks are not available on this Node.
   */
  startWatchdog(eventFd: number, area: Uint8Array): string;
  stopWatchdog(): void;
  /**
   * Once a process, in its main thread: should V8 run out of memory, or the processor refuse to go on (SIGSEGV and its like), `area` (Crash.SIZE bytes of
   * shared memory) says why, before the process ends as it would have.
   */
  recordCrashes(area: Uint8Array): void;

  /**
   * Begins a collection of this thread's heap that goes on in small steps while the event loop turns, compacts, and gives back what the heap has taken for
   * new objects beyond its least. False if this Node does not offer that.
   */
  shrinkHeap(): boolean;
  /** Has the C library give back what is free in its arenas, in a thread of libuv's pool. Nothing where it cannot (musl). */
  trimAllocator(): void;

  /** Gives the memory of an ArrayBuffer back at once: it is empty from then on. */
  release(buffer: ArrayBuffer): void;
  /**
   * Has the C library of this process, from the first call on, keep freed memory for the next large buffer (up to 64 MiB at the end of each of its heaps), as it would by itself once a buffer of 32 MiB was freed. Not where the
   * environment says what to keep (`MALLOC_TRIM_THRESHOLD_` and the like), nor with another library (musl).
   */
  keepFreedMemory(): void;
  /**
   * Has the C library make no more than so many arenas in this process from now on: threads beyond that share them. Not where the environment says it
   * (`MALLOC_ARENA_MAX`), nor with another library (musl).
   */
  limitArenas(arenas: number): void;

  /** CLOCK_MONOTONIC in milliseconds, comparable between processes. */
  monotonicNow(): number;
  /** prctl(PR_SET_PDEATHSIG). */
  setParentDeathSignal(signal: number): void;
  /** A thread kills this process `milliseconds` after its parent has ended, whatever JavaScript does by then. Calling it again counts anew. */
  endAfterParent(milliseconds: number): void;
  /** Takes the status of a child that has ended, which is a zombie until somebody does; false if it lives, or is no child. */
  reap(pid: number): boolean;
  /** By name or, in digits, by number, from whatever the system has for a database; null if there is none. */
  findUser(name: string): Account | null;
  findGroup(name: string): Account | null;
  /** dup2: `onto` becomes another descriptor of what `fd` is one of. What was at `onto` is closed. */
  duplicate(fd: number, onto: number): void;
  /** Sends a datagram to $NOTIFY_SOCKET's address (given); false if it cannot. */
  sdNotify(address: string, state: string): boolean;
}

/** `local`: the proxy speaks for itself, or does not say for whom. `length`: bytes of a whole header. */
export type ProxyHeader =
  | {
      readonly status: "incomplete" | "absent" | "malformed" | "local";
      readonly version: number;
      readonly length: number;
    }
  | {
      readonly status: "proxied";
      readonly version: number;
      readonly length: number;
      readonly protocol: "TCP4" | "TCP6";
      /** The client, as the proxy sees it, and where the client has connected to. */
      readonly source: SocketEnd;
      readonly destination: SocketEnd;
    };

export interface SocketEnd {
  readonly address: string;
  readonly port: number;
}

let loaded: Native | undefined;

/** Loads the addon on first use. Throws an error that says how to build it. */
export function native(): Native {
  loaded ??= load();
  return loaded;
}

// --- internal ---

function load(): Native {
  const require = createRequire(import.meta.url);
  const build = require("node-gyp-build") as (dir: string) => Native;
  const directory = fileURLToPath(new URL("../native", import.meta.url));
  try {
    return build(directory);
  } catch (cause) {
    const reason = (cause as Error).message.split("\n")[0] ?? "";
    throw new JunicornError("ERR_NATIVE", { directory, problem: `${reason}; ${remedyFor(reason)}` }, { cause });
  }
}

function remedyFor(reason: string): string {
  const build =
    "npm install node-addon-api && npm explore junicorn -- npm run build:native (needs g++, make and python3)";
  if (!reason.startsWith("No native build was found"))
    return `install junicorn anew on this machine, or build it: ${build}`;
  const where = reason.includes("libc=musl")
    ? "musl (Alpine): use a system with glibc, such as node:22-bookworm-slim"
    : "this platform: use one that it has";
  return `the package has no binary for ${where}, or build one: ${build}`;
}
