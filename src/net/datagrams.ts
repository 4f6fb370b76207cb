/** Texts as datagrams, over UDP or to a unix socket, for senders that never wait: what is not taken is lost, and told of. */

import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";

import { ipFamily } from "../base/ip-family.ts";
import { native } from "../native.ts";

export interface LineTransport {
  send(line: string): void;
  /** Resolves when all is sent, or cannot be within 2 s. */
  close(): Promise<void>;
}

/** So many lines were lost, and why. */
export type OnLost = (lines: number, why: string) => void;

export const CLOSE_MS = 2000;
export const RETRY_MS = 1000;

/** Node has no datagrams over unix sockets. */
export function unixDatagrams(path: string, lost: OnLost): LineTransport {
  return {
    send: (line) => {
      if (!native().sdNotify(path, line)) lost(1, "nobody takes datagrams there, or not as fast");
    },
    close: async () => {},
  };
}

/** `freshMs` is how long an address counts that a name was found to have: a daemon that is replaced may have another. */
export function udpDatagrams(host: string, port: number, lost: OnLost, freshMs = FRESH_MS): LineTransport {
  return new UdpDatagrams(host, port, lost, ipFamily(host) === 0 ? freshMs : Number.POSITIVE_INFINITY);
}

/** Resolves when `done` is called, or the time is up. */
export async function within(milliseconds: number, begin: (done: () => void) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((done) => {
    timer = setTimeout(done, milliseconds);
    begin(done);
  });
  clearTimeout(timer);
}

// --- internal ---

/** Datagrams that wait for an address, or are on their way to the kernel. */
const MOST_PENDING = 1000;
const FRESH_MS = 60_000;

/**
 * Connected, so that the kernel tells if nobody listens. Of names one lookup runs at a time, and never more: each takes one of the four threads that files
 * need as well, for as long as a name server does not answer, and the process does not end before the last.
 */
class UdpDatagrams implements LineTransport {
  readonly #host: string;
  readonly #port: number;
  readonly #lost: OnLost;
  readonly #freshMs: number;
  #socket: Socket | null = null;
  #address = "";
  #looking = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #why = "";
  readonly #waiting: string[] = [];
  #sending = 0;
  #closed = false;
  #idle: (() => void) | null = null;

  constructor(host: string, port: number, lost: OnLost, freshMs: number) {
    this.#host = host;
    this.#port = port;
    this.#lost = lost;
    this.#freshMs = freshMs;
  }

  send(line: string): void {
    if (this.#closed) return;
    const age = performance.now() - this.#lookedAt;
    if (!this.#looking && age >= (this.#socket === null ? RETRY_MS : this.#freshMs)) void this.#look();
    if (this.#waiting.length + this.#sending >= MOST_PENDING) this.#lost(1, "the network is slow");
    else if (this.#socket !== null) this.#hand(this.#socket, line);
    else if (this.#looking) this.#waiting.push(line);
    else this.#lost(1, this.#why);
  }

  async close(): Promise<void> {
    if (this.#waiting.length + this.#sending > 0) await within(CLOSE_MS, (done) => (this.#idle = done));
    this.#closed = true;
    this.#giveUpWaiting("its name is still being looked up");
    this.#socket?.close();
  }

  // --- internal ---

  async #look(): Promise<void> {
    this.#looking = true;
    try {
      const { address, family } = await lookup(this.#host, { order: "ipv4first" });
      if (!this.#closed && address !== this.#address) this.#replace(await connected(address, family, this.#port));
      this.#address = address;
    } catch (error) {
      // An address that was good before may be still.
      this.#why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      this.#giveUpWaiting(this.#why);
    }
    this.#looking = false;
    this.#lookedAt = performance.now();
  }

  #replace(socket: Socket): void {
    if (this.#closed) return void socket.close();
    this.#socket?.close();
    this.#socket = socket;
    // That nobody listens is known after a datagram has left, and told to whoever comes next: mostly to Node, which reads.
    socket.on("error", (error: NodeJS.ErrnoException) => this.#lost(1, error.code ?? error.message));
    for (const line of this.#waiting.splice(0)) this.#hand(socket, line);
  }

  #hand(socket: Socket, line: string): void {
    this.#sending++;
    socket.send(line, this.#sent);
  }

  readonly #sent = (error: NodeJS.ErrnoException | null): void => {
    this.#sending--;
    if (error !== null) this.#lost(1, error.code ?? error.message);
    this.#settle();
  };

  #giveUpWaiting(why: string): void {
    const lines = this.#waiting.splice(0).length;
    if (lines > 0) this.#lost(lines, why);
    this.#settle();
  }

  #settle(): void {
    if (this.#waiting.length + this.#sending === 0) this.#idle?.();
  }
}

async function connected(address: string, family: number, port: number): Promise<Socket> {
  const socket = createSocket(family === 6 ? "udp6" : "udp4").unref();
  await new Promise<void>((done, fail) => {
    socket.once("error", fail);
    socket.connect(port, address, done);
  });
  // Whom a later one concerns listens himself.
  return socket.removeAllListeners("error").on("error", () => {});
}
