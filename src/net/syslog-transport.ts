/** Ways to bring lines to a syslog daemon: datagrams over UDP or a unix socket, or a stream that is connected anew whenever it ends. */

import { connect, type Socket } from "node:net";

import type { SyslogAddress } from "../base/syslog.ts";
import {
  CLOSE_MS,
  type LineTransport,
  type OnLost,
  RETRY_MS,
  udpDatagrams,
  unixDatagrams,
  within,
} from "./datagrams.ts";

export function openTransport(address: SyslogAddress, lost: OnLost): LineTransport {
  switch (address.kind) {
    case "udp":
      return udpDatagrams(address.host, address.port, lost);
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

/** In characters; on top of it comes what the stream itself keeps, which is some 16 KiB. */
const MOST_WAITING = 1024 * 1024;
const SLOW = "it is slow";
const ENDED = "the connection ended";

class Stream implements LineTransport {
  readonly #connect: () => Socket;
  readonly #lost: OnLost;
  /** Takes over if the socket turns out to be for datagrams. */
  readonly #datagrams: LineTransport | null;
  #socket: Socket | null = null;
  /** The socket is connected and wants more. */
  #flows = false;
  #isDatagram = false;
  #why = "it is not connected yet";
  #retrying: NodeJS.Timeout | undefined;
  /** Lines that the socket has not been given: those that it had when it breaks are lost. */
  readonly #waiting: string[] = [];
  #waitingLength = 0;
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
    if (this.#flows) return this.#write(line);
    if (this.#waitingLength + line.length > MOST_WAITING) return this.#lost(1, this.#why);
    this.#waiting.push(line);
    this.#waitingLength += line.length;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retrying);
    if (this.#socket !== null && (this.#socket.connecting || this.#waiting.length > 0))
      await within(CLOSE_MS, (done) => (this.#settled = done));
    const socket = this.#socket;
    if (socket !== null) await within(CLOSE_MS, (done) => socket.end().once("close", done));
    if (this.#waiting.length > 0) this.#lost(this.#waiting.splice(0).length, this.#why);
    socket?.destroy();
  }

  // --- internal ---

  #open(): void {
    const socket = (this.#socket = this.#connect().unref());
    socket.once("connect", () => {
      this.#why = SLOW;
      this.#sendWaiting();
    });
    socket.on("drain", () => this.#sendWaiting());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#why = error.code ?? error.message;
      if (error.code !== "EPROTOTYPE" || this.#datagrams === null) return this.#lost(0, this.#why);
      this.#isDatagram = true;
      for (const line of this.#waiting.splice(0)) this.#datagrams.send(line);
    });
    // What the daemon says is nothing to us, but its end must be heard.
    socket.resume();
    socket.once("close", () => {
      this.#socket = null;
      this.#flows = false;
      if (this.#why === SLOW) this.#why = ENDED;
      this.#settled?.();
      if (!this.#isDatagram && !this.#closed) this.#retrying = setTimeout(() => this.#open(), RETRY_MS).unref();
    });
  }

  #sendWaiting(): void {
    this.#flows = true;
    let sent = 0;
    while (this.#flows && sent < this.#waiting.length) this.#write(this.#waiting[sent++]!);
    for (const line of this.#waiting.splice(0, sent)) this.#waitingLength -= line.length;
    if (this.#waiting.length === 0) this.#settled?.();
  }

  #write(line: string): void {
    this.#flows = this.#socket!.write(`${line}\n`, this.#written);
  }

  readonly #written = (error?: Error | null): void => {
    if (error !== null && error !== undefined) this.#lost(1, ENDED);
  };
}
