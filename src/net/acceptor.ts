/** The accepting end of all listeners of a worker: paused and resumed together, asked in turn, and patient where nothing can be accepted. */

import { existsSync } from "node:fs";
import { getSystemErrorName } from "node:util";

import type { Log } from "../base/log.ts";
import { native, type Listener, type MayAccept, type OnConnection } from "../native.ts";
import { handshakesUnderWay } from "./tcp-table.ts";

/** What `A` knows of a listener is handed back with each of its connections. */
export type OnAccept<A> = (fd: number, address: string, port: number, listener: A) => void;

/** Whether a connection that waits is for this process, or may be left to another one that has the same listeners. */
export interface Gate {
  /**
   * 0: take it. Else it is left alone, and asked about again after so many milliseconds. `waiting` tells how many connections wait, or
   * null where the kernel does not say.
   */
  ask(waiting: () => number | null): number;
}

export interface AcceptorOptions {
  readonly log: Log;
  readonly gate?: Gate;
  /** The part of the addon that is used; a fake in tests. */
  readonly maker?: ListenerMaker;
}

export type ListenerMaker = new (fd: number, onConnection: OnConnection, mayAccept?: MayAccept) => Listener;

/** What must be known of a listener. `lane`: its number among several of one address, who serves them is told by `serve`; null or none for others. */
export interface Acceptable {
  readonly fd: number;
  readonly unixPath: string;
  readonly lane?: number | null;
}

interface Entry extends Acceptable {
  readonly listener: Listener;
}

export class Acceptor<A extends Acceptable> {
  #entries: readonly Entry[];
  /** Those that are served: others with the same listeners serve the rest. */
  #served: readonly Entry[];
  #tcpGated = false;
  readonly #gatedPorts = new Set<number>();
  readonly #log: Log;
  #next = 0;
  #wanted = false;
  /** Nothing is accepted until the timer fires, though it is wanted. */
  #held: "no" | "left-to-others" | "starved" = "no";
  #timer: NodeJS.Timeout | null = null;
  #complainedAt = -Infinity;
  #quietFailures = 0;

  /** Starts paused. */
  constructor(listeners: readonly A[], onAccept: OnAccept<A>, options: AcceptorOptions) {
    const { log, gate, maker = native().Listener } = options;
    this.#log = log;
    this.#entries = listeners.map((entry) => {
      const waiting = (): number | null => native().acceptQueue(entry.fd)?.length ?? null;
      const listener = new maker(
        entry.fd,
        (fd, address, port) => (fd < 0 ? this.#failed(fd) : onAccept(fd, address, port, entry)),
        // A lane is for the one who serves it.
        gate && isCommon(entry) ? () => this.#isForUs(gate.ask(waiting)) : undefined,
      );
      return { fd: entry.fd, unixPath: entry.unixPath, lane: entry.lane ?? null, listener };
    });
    this.#served = this.#entries;
  }

  get accepting(): boolean {
    return this.#wanted;
  }

  /** Accepts from these lanes from now on, and from all listeners that are no lanes. */
  serve(lanes: readonly number[]): void {
    this.#serveThose((entry) => isCommon(entry) || lanes.includes(entry.lane!));
  }

  /** Where accepting failed for want of descriptors this tries again at once: call it when a connection has closed. */
  resume(): void {
    if (this.closed) return;
    const starved = this.#held === "starved";
    if (starved) this.#letGo();
    if (this.#wanted && !starved) return;
    this.#wanted = true;
    this.#watch();
  }

  pause(): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#ignore();
  }

  /** Accepts one connection that waits now, from the listener whose turn it is; false when none waits anywhere, or none can be had. */
  acceptNow(): boolean {
    const count = this.#served.length;
    for (let i = 0; i < count; i++) {
      const { listener } = this.#served[this.#next % count]!;
      this.#next = (this.#next + 1) % count;
      if (listener.acceptNow()) return this.#held !== "starved";
    }
    return false;
  }

  /** It has no listeners any more. */
  get closed(): boolean {
    return this.#entries.length === 0;
  }

  /** Nothing can be accepted for want of descriptors or memory. */
  get starved(): boolean {
    return this.#held === "starved";
  }

  /** Lets nobody new into the queues, whoever shares them, and empties those of all lanes: their workers may be busier. A unix socket is closed to newcomers by removing its file, which is its maker's to do. */
  closeGate(): void {
    for (const { fd, unixPath } of this.#entries) {
      if (unixPath !== "") continue;
      native().closeGate(fd);
      this.#gatedPorts.add(native().socketName(fd).port);
    }
    this.#tcpGated = true;
    this.#serveThose(() => true);
  }

  /** A client that was let in before may still be about to send its request. */
  get expectant(): boolean {
    return handshakesUnderWay(this.#gatedPorts);
  }

  get gated(): boolean {
    return this.#tcpGated && this.#entries.every(({ unixPath }) => unixPath === "" || !existsSync(unixPath));
  }

  /**
   * Gives up the listeners for good, and this process's hold on the sockets: when the last process lets go, clients are refused at once
   * instead of waiting in a backlog that nobody will look at. `kept`: all but these.
   */
  close(kept: readonly number[] = []): void {
    const leaving = this.#entries.filter(({ fd }) => !kept.includes(fd));
    this.#entries = this.#entries.filter(({ fd }) => kept.includes(fd));
    this.#served = this.#served.filter(({ fd }) => kept.includes(fd));
    if (this.closed) {
      this.pause();
      this.#letGo();
    }
    for (const { fd, listener } of leaving) {
      listener.close();
      native().close(fd);
    }
  }

  // --- internal ---

  #serveThose(chosen: (entry: Entry) => boolean): void {
    this.#ignore();
    this.#served = this.#entries.filter(chosen);
    this.#watch();
  }

  #watch(): void {
    if (this.#wanted && this.#held === "no") for (const { listener } of this.#served) listener.resume();
  }

  #ignore(): void {
    for (const { listener } of this.#served) listener.pause();
  }

  #hold(why: "left-to-others" | "starved", milliseconds: number): void {
    this.#letGo();
    this.#held = why;
    this.#ignore();
    this.#timer = setTimeout(() => {
      this.#letGo();
      this.#watch();
    }, milliseconds).unref();
  }

  #letGo(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#held = "no";
  }

  #isForUs(waitMs: number): boolean {
    if (waitMs === 0) return true;
    this.#hold("left-to-others", waitMs);
    return false;
  }

  /** Out of descriptors or memory: what waits stays in the backlog, where another process may find it. */
  #failed(errno: number): void {
    this.#hold("starved", STARVED_MS);
    this.#quietFailures++;
    const now = performance.now();
    if (now - this.#complainedAt < COMPLAIN_MS) return;
    this.#complainedAt = now;
    const times = this.#quietFailures === 1 ? "" : ` (${this.#quietFailures} times since this was last said)`;
    this.#quietFailures = 0;
    this.#log.error(`Cannot accept connections: ${explain(errno)}${times}; they wait, and this is tried again`);
  }
}

/** Every worker serves it. */
function isCommon({ lane }: Acceptable): boolean {
  return lane === null || lane === undefined;
}

const STARVED_MS = 250;

/** The same trouble again and again is logged once in this time. */
const COMPLAIN_MS = 60_000;

function explain(errno: number): string {
  const name = getSystemErrorName(errno);
  return name in REMEDIES ? `${name}, ${REMEDIES[name]}` : name;
}

const REMEDIES: Readonly<Record<string, string>> = {
  EMFILE:
    "this process has as many files and sockets open as it may (raise the limit with ulimit -n or systemd's LimitNOFILE, or lower --worker-connections)",
  ENFILE: "this machine has as many files open as it may (sysctl fs.file-max)",
  ENOBUFS: "the kernel is out of memory for sockets",
  ENOMEM: "the kernel is out of memory",
};
