/** Ways to bring lines to a syslog daemon: datagrams over UDP or a unix socket, or a stream that is connected anew whenever it ends. */

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { connect, type Socket } from "node:net";

import type { SyslogAddress } from "../base/syslog.ts";
import { native } from "../native.ts";

export interface LineTransport {
  send(line: string): void;
  /** Resolves when all is sent, or cannot be within 2 s. */
  close(): Promise<void>;
}

/** So many lines were lost, and why. */
export type OnLost = (lines: number, why: string) => void;

export function openTransport(address: SyslogAddress, lost: OnLost): LineTransport {
  switch (address.kind) {
    case "udp":
      return udp(address.host, address.port, lost);
    case "tcp":
      return new Stream(() => connect(address.port, address.host), lost, null);
    case "unix": {
      const datagrams = unixDatagrams(address.path, lost);
      if (address.socket === "dgram") return datagrams;
      return new Stream(() => connect(address.path), lost, address.socket === "stream" ? null : datagrams);
    }
  }
}

// --- internal ---

const MOST_WAITING = 1024 * 1024;
/** Datagrams that are on their way to the kernel. */
const MOST_PENDING = 1000;
const RETRY_MS = 1000;
const CLOSE_MS = 2000;

function unixDatagrams(path: string, lost: OnLost): LineTransport {
  return {
    send: (line) => {
      if (!native().sdNotify(path, line)) lost(1, "nobody takes datagrams there, or not as fast");
    },
    close: async () => {},
  };
}

function udp(host: string, port: number, lost: OnLost): LineTransport {
  let ready: Promise<UdpSocket> | null = null;
  let failedAt = Number.NEGATIVE_INFINITY;
  let why = "";
  let pending = 0;
  let idle: (() => void) | null = null;
  const sent = (error: NodeJS.ErrnoException | null): void => {
    if (error !== null) lost(1, error.code ?? error.message);
    if (--pending === 0) idle?.();
  };
  const failed = (error: NodeJS.ErrnoException): void => {
    ready = null;
    failedAt = performance.now();
    why = error.code ?? error.message;
    sent(error);
  };
  return {
    send: (line) => {
      if (ready === null && performance.now() - failedAt < RETRY_MS) return lost(1, why);
      if (pending >= MOST_PENDING) return lost(1, "the network is slow");
      pending++;
      ready ??= openUdp(host, port);
      ready.then((socket) => socket.send(line, sent), failed);
    },
    close: async () => {
      if (pending > 0) await within(CLOSE_MS, (done) => (idle = done));
      await ready?.then(
        (socket) => socket.close(),
        () => {},
      );
    },
  };
}

async function openUdp(host: string, port: number): Promise<UdpSocket> {
  const { address, family } = await lookup(host, { order: "ipv4first" });
  const socket = createSocket(family === 6 ? "udp6" : "udp4").unref();
  await new Promise<void>((done, fail) => {
    socket.once("error", fail);
    socket.connect(port, address, done);
  });
  // From now on each send tells its own.
  socket.removeAllListeners("error").on("error", () => {});
  return socket;
}

class Stream implements LineTransport {
  readonly #connect: () => Socket;
  readonly #lost: OnLost;
  /** Takes over if the socket turns out to be for datagrams. */
  readonly #datagrams: LineTransport | null;
  #socket: Socket | null = null;
  #isDatagram = false;
  #why = "it is not connected yet";
  #retrying: NodeJS.Timeout | undefined;
  readonly #waiting: string[] = [];
  #waitingBytes = 0;
  #closed = false;
  #settled: (() => void) | null = null;

  constructor(make: () => Socket, lost: OnLost, datagrams: LineTransport | null) {
    this.#connect = make;
    this.#lost = lost;
    this.#datagrams = datagrams;
    this.#open();
  }

  send(line: string): void {
    if (this.#isDatagram) return this.#datagrams!.send(line);
    if (this.#socket !== null && !this.#socket.connecting && this.#socket.writableLength < MOST_WAITING)
      return void this.#socket.write(`${line}\n`);
    if (this.#waitingBytes + line.length > MOST_WAITING) return this.#lost(1, this.#why);
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#socket?.connecting === true) await within(CLOSE_MS, (done) => (this.#settled = done));
    clearTimeout(this.#retrying);
    const socket = this.#socket;
    if (socket !== null) await within(CLOSE_MS, (done) => socket.end(done).once("close", done));
    if (this.#waiting.length > 0) this.#lost(this.#waiting.splice(0).length, this.#why);
    socket?.destroy();
  }

  #open(): void {
    const socket = (this.#socket = this.#connect().unref());
    socket.once("connect", () => {
      this.#why = "it is slow";
      this.#sendWaiting();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#why = error.code ?? error.message;
      if (error.code !== "EPROTOTYPE" || this.#datagrams === null) return this.#lost(0, this.#why);
      this.#isDatagram = true;
      this.#sendWaiting();
    });
    // What the daemon says is nothing to us, but its end must be heard.
    socket.resume();
    socket.once("close", () => {
      this.#socket = null;
      this.#settled?.();
      if (!this.#isDatagram && !this.#closed) this.#retrying = setTimeout(() => this.#open(), RETRY_MS).unref();
    });
  }

  #sendWaiting(): void {
    this.#waitingBytes = 0;
    for (const line of this.#waiting.splice(0)) this.send(line);
    this.#settled?.();
  }
}

/** Resolves when `done` is called, or the time is up. */
async function within(milliseconds: number, begin: (done: () => void) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((done) => {
    timer = setTimeout(done, milliseconds);
    begin(done);
  });
  clearTimeout(timer);
}
