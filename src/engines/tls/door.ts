/** In front of the engines of a TLS port: does the handshakes, and hands each connection to the engine of the protocol that was agreed on. */

import { Socket } from "node:net";
import { createServer, type Server, type TlsOptions, type TLSSocket } from "node:tls";

import { peerName } from "../../base/peer-name.ts";
import type { Via } from "../../http/exchange.ts";
import type { RuleName } from "../../http/rules.ts";
import { native, StreamEvent, type Native, type Streams } from "../../native.ts";
import {
  CLIENT_LEFT,
  type Engine,
  type EngineOptions,
  type ListenerInfo,
  type SecureEngine,
  type TlsTerms,
} from "../engine.ts";
import { DeadlineQueue, type Timed } from "../deadlines.ts";
import { peerTls } from "./peer-tls.ts";
import { TlsServers } from "./servers.ts";

export interface TlsDoorParts {
  readonly options: EngineOptions;
  readonly terms: TlsTerms;
  /** By their names in ALPN, the preferred one first. The last is also for clients that name none. */
  readonly engines: ReadonlyMap<string, SecureEngine>;
  /** Tells those that do not speak TLS at all so. */
  readonly plain: Engine;
}

export class TlsDoor implements Engine {
  readonly #parts: TlsDoorParts;
  readonly #native: Native;
  /** Tells when the first byte of a silent connection has come. */
  readonly #sniffer: Streams;
  readonly #byId: (Handshake | null)[] = [];
  readonly #byRaw = new Map<unknown, Handshake>();
  readonly #handshakes = new Set<Handshake>();
  readonly #slow: DeadlineQueue;
  readonly #leaving = new DeadlineQueue(LEAVE_MS, (handshake: Handshake) => this.#fail(handshake, null));
  readonly #first = new Uint8Array(1);
  readonly #timer: NodeJS.Timeout;
  #servers: TlsServers;
  #draining = false;

  constructor(parts: TlsDoorParts) {
    const { headerTimeoutMs } = parts.options;
    this.#parts = parts;
    this.#native = native();
    this.#sniffer = new this.#native.Streams((id, event, length) => this.#sniffed(id, event, length));
    const late = `it was not done after ${headerTimeoutMs / 1000} s (header_timeout)`;
    this.#slow = new DeadlineQueue(headerTimeoutMs, (handshake: Handshake) => this.#fail(handshake, late));
    this.#servers = this.#makeServers();
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  get connections(): number {
    let sum = this.#handshakes.size + this.#parts.plain.connections;
    for (const engine of this.#parts.engines.values()) sum += engine.connections;
    return sum;
  }

  adopt(fd: number, address: string, port: number, listener: ListenerInfo, via: Via | null = null): void {
    const handshake = new Handshake(fd, address, port, listener, via);
    this.#handshakes.add(handshake);
    (this.#draining ? this.#leaving : this.#slow).arm(handshake, performance.now());
    if (this.#native.peek(fd, this.#first) > 0) return this.#begin(handshake, this.#first[0]!, null);
    handshake.id = this.#sniffer.open(fd);
    this.#byId[handshake.id] = handshake;
  }

  refuse(fd: number, address: string, port: number, listener: ListenerInfo, rule: RuleName): void {
    this.#parts.plain.refuse(fd, address, port, listener, rule);
  }

  announce(): void {
    for (const engine of this.#engines) engine.announce();
  }

  drain(graceMs: number): void {
    this.#draining = true;
    const now = performance.now();
    for (const handshake of this.#handshakes) this.#leaving.arm(handshake, now);
    for (const engine of this.#engines) engine.drain(graceMs);
  }

  destroy(): number {
    let cut = this.#handshakes.size;
    for (const handshake of this.#handshakes) this.#fail(handshake, null);
    clearInterval(this.#timer);
    for (const engine of this.#engines) cut += engine.destroy();
    return cut;
  }

  // --- internal ---

  get #engines(): Omit<Engine, "adopt" | "refuse">[] {
    return [...this.#parts.engines.values(), this.#parts.plain];
  }

  #makeServers(): TlsServers {
    return new TlsServers(this.#parts.terms.contexts, (context) => this.#makeServer(context));
  }

  #makeServer(context: TlsOptions): Server {
    const { engines, terms, options } = this.#parts;
    const server = createServer({
      ...context,
      requestCert: terms.clientCertificates !== "none",
      // Node would also refuse clients without one; who shows a wrong one is refused below.
      rejectUnauthorized: terms.clientCertificates === "required",
      ...(options.http2 && { ALPNProtocols: [...engines.keys()] }),
    });
    server.on("secureConnection", (socket) => this.#secured(socket));
    server.on("tlsClientError", (error, socket) => this.#broke(socket, error));
    return server;
  }

  /** The first byte of the connection is here, in the kernel or as `chunk`. */
  #begin(handshake: Handshake, byte: number, chunk: Buffer | null): void {
    const { fd, address, port, listener } = handshake;
    if (byte !== HANDSHAKE) {
      this.#forget(handshake);
      return this.#parts.plain.refuse(fd, address, port, listener, "plain-on-tls");
    }
    if (this.#parts.terms.contexts !== this.#servers.contexts) this.#servers = this.#makeServers();
    const raw = new Socket({ fd, readable: true, writable: true }); // a client that half-closes now leaves
    raw.on("error", ignore); // the TLS socket tells
    if (chunk !== null) raw.unshift(chunk);
    handshake.raw = raw;
    this.#byRaw.set(raw, handshake);
    this.#servers.take(raw, () => {
      if (this.#handshakes.has(handshake)) this.#fail(handshake, CLIENT_LEFT);
    });
  }

  #sniffed(id: number, event: number, length: number): void {
    const handshake = this.#byId[id];
    if (!handshake) return;
    this.#byId[id] = null;
    handshake.id = -1;
    if (event === StreamEvent.READ) {
      const chunk = Buffer.from(this.#sniffer.readBuffer.subarray(0, length));
      this.#sniffer.detach(id);
      return this.#begin(handshake, chunk[0]!, chunk);
    }
    if (event === StreamEvent.END) this.#sniffer.close(id);
    this.#forget(handshake);
    this.#parts.options.events.closed();
  }

  #secured(socket: TLSSocket): void {
    const handshake = this.#byRaw.get(rawOf(socket));
    if (handshake === undefined) return void socket.destroy();
    const { terms, engines } = this.#parts;
    const asked = terms.clientCertificates !== "none";
    const tls = peerTls(socket, asked);
    if (tls.certificates.length > 0 && !tls.authorized) {
      handshake.socket = socket;
      return this.#fail(
        handshake,
        `the client's certificate is not valid: ${socket.authorizationError as unknown as string}`,
      );
    }
    this.#forget(handshake);
    socket.allowHalfOpen = true;
    const { fd, address, port, listener, via } = handshake;
    const engine = engines.get(tls.application) ?? [...engines.values()].at(-1)!;
    engine.adoptSecure({ socket, raw: handshake.raw!, fd, tls, address, port, listener, via });
  }

  #broke(socket: TLSSocket, error: Error): void {
    const handshake = this.#byRaw.get(rawOf(socket));
    if (handshake === undefined) return;
    handshake.socket = socket;
    const refused = socket.authorizationError as unknown as string | null;
    this.#fail(handshake, refused ? `the client's certificate is not valid: ${refused}` : explain(error));
  }

  /** Gives a connection up that never came to be. Without a reason nobody is told. */
  #fail(handshake: Handshake, reason: string | null): void {
    const { terms, options } = this.#parts;
    const { address, port, listener, id, raw, socket } = handshake;
    this.#forget(handshake);
    if (id >= 0) {
      this.#byId[id] = null;
      this.#sniffer.close(id);
    }
    socket?.destroy();
    raw?.destroy();
    if (reason !== null) terms.failed(peerName(address, port, listener.unixPath), reason);
    options.events.closed();
  }

  #forget(handshake: Handshake): void {
    this.#handshakes.delete(handshake);
    this.#byRaw.delete(handshake.raw);
    handshake.queue?.disarm(handshake);
  }

  #sweep(): void {
    const now = performance.now();
    this.#slow.sweep(now);
    this.#leaving.sweep(now);
  }
}

// --- internal ---

/** How often deadlines are looked at. */
const SWEEP_MS = 250;
/** When draining: a handshake gets this long. */
const LEAVE_MS = 1000;
/** The first byte of a TLS connection: the type of its first record. */
const HANDSHAKE = 0x16;

class Handshake implements Timed {
  deadline = 0;
  queue: DeadlineQueue | null = null;
  before: Timed | null = null;
  after: Timed | null = null;
  /** Of the sniffer's, or -1. */
  id = -1;
  raw: Socket | null = null;
  socket: TLSSocket | null = null;
  readonly fd: number;
  readonly address: string;
  readonly port: number;
  readonly listener: ListenerInfo;
  readonly via: Via | null;

  constructor(fd: number, address: string, port: number, listener: ListenerInfo, via: Via | null) {
    this.fd = fd;
    this.address = address;
    this.port = port;
    this.listener = listener;
    this.via = via;
  }
}

/** Node's server tells which TLS socket it has made of a socket only by this field, which it has had since it has TLS. */
function rawOf(socket: TLSSocket): unknown {
  return (socket as unknown as { readonly _parent: unknown })._parent;
}

function explain(error: Error): string {
  const { code, reason, message } = error as NodeJS.ErrnoException & { reason?: string };
  if (code === "ECONNRESET") return CLIENT_LEFT;
  return reason ?? message;
}

function ignore(): void {}
