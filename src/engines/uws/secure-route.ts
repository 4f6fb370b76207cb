/** uWebSockets over TLS, with Node's TLS and the engines behind it beside it: the first message of the client's handshake is looked at, without taking it, and decides. */

import { constants } from "node:os";

import { peerName } from "../../base/peer-name.ts";
import type { Via } from "../../http/exchange.ts";
import type { RuleName } from "../../http/rules.ts";
import { native, type Native } from "../../native.ts";
import { isHelloBegun, readClientHello, type ClientHello } from "../../tls/client-hello.ts";
import type { KeyPair } from "../../tls/material.ts";
import type { Engine, EngineOptions, ListenerInfo, TlsTerms } from "../engine.ts";
import type { Uws, UwsApp } from "./binding.ts";
import { chosenCipher, hasAes } from "./cipher.ts";
import { UwsEngine } from "./engine.ts";
import { HandshakeWatch } from "./handshake-watch.ts";
import { SecureApps } from "./secure-apps.ts";

/** Longer first messages go to llhttp. */
const PEEK_BYTES = 4096;

/**
 * How long to wait, in ms, before each look at a first message that is not here as a whole. With keys that stand up to quantum computers it takes two packets, of which the
 * first one wakes us. What is not here then goes to llhttp.
 */
const PAUSES_MS = [1, 3, 10, 30];

/**
 * How many bytes may wait to be read on a connection of uWebSockets. What it has decrypted it passes on in pieces of at most 512 KiB. If it has more at once, somebody
 * gets a piece while the rest is not decrypted yet; and a write meanwhile, on whichever connection, even of its own, makes it forget that rest. So it
 * must never read so much that, with the part of a record that it has kept (some 16 KiB), it comes to 512 KiB. Linux lets everybody ask for this
 * much, and one packet more (64 KiB) would do no harm.
 */
const MOST_RECEIVED = 416 * 1024;

interface Arrival {
  readonly fd: number;
  readonly address: string;
  readonly port: number;
  readonly listener: ListenerInfo;
  readonly via: Via | null;
}

export class SecureRoutingEngine implements Engine {
  readonly #native: Native;
  readonly #options: EngineOptions;
  readonly #uwsModule: Uws;
  readonly #uws: UwsEngine;
  /** For everything else. */
  readonly #door: Engine;
  readonly #terms: TlsTerms;
  readonly #beyond: readonly string[];
  readonly #aes = hasAes();
  readonly #buffer = Buffer.alloc(PEEK_BYTES);
  readonly #waiting = new Map<Arrival, NodeJS.Timeout>();
  readonly #handshakes: HandshakeWatch<Arrival>;
  /** What the apps are made of. */
  #pairs: readonly KeyPair[];
  /** Null: uWebSockets does not take these. */
  #apps: SecureApps | null;
  #draining = false;

  constructor(uws: Uws, options: EngineOptions, terms: TlsTerms) {
    this.#native = native();
    this.#uwsModule = uws;
    this.#terms = terms;
    this.#handshakes = new HandshakeWatch(options.headerTimeoutMs, ({ address, port, listener }, reason) =>
      terms.failed(peerName(address, port, listener.unixPath), reason),
    );
    this.#uws = new UwsEngine(uws, options, () => this.#handshakes.closed());
    this.#pairs = terms.pairs;
    this.#apps = new SecureApps(uws, this.#uws, this.#pairs);
    this.#door = terms.engine(options, terms);
    this.#options = options;
    this.#beyond = options.http2 ? ["http/1.0", "h2"] : ["http/1.0"];
  }

  get connections(): number {
    return this.#uws.connections + this.#door.connections + this.#waiting.size;
  }

  adopt(fd: number, address: string, port: number, listener: ListenerInfo, via: Via | null = null): void {
    this.#look({ fd, address, port, listener, via }, 0);
  }

  refuse(fd: number, address: string, port: number, listener: ListenerInfo, rule: RuleName): void {
    this.#door.refuse(fd, address, port, listener, rule);
  }

  announce(): void {
    this.#uws.announce();
    this.#door.announce();
  }

  drain(graceMs: number): void {
    // A handshake looks idle from outside: what comes now is better off where it can be told from one.
    this.#draining = true;
    this.#handshakes.end();
    for (const arrival of this.#takeWaiting()) this.#look(arrival, PAUSES_MS.length);
    this.#uws.drain(graceMs);
    this.#door.drain(graceMs);
  }

  destroy(): number {
    this.#handshakes.end();
    const waiting = this.#takeWaiting();
    for (const { fd } of waiting) {
      this.#native.close(fd);
      this.#options.events.closed();
    }
    return this.#uws.destroy() + this.#door.destroy() + waiting.length;
  }

  // --- internal ---

  /** Decides, or waits for more. `looks` is how many there have been. */
  #look(arrival: Arrival, looks: number): void {
    const { fd, address, port, listener, via } = arrival;
    const length = this.#native.peek(fd, this.#buffer);
    const bytes = this.#buffer.subarray(0, Math.max(0, length));
    const open = length > 0 || length === -constants.errno.EAGAIN;
    if (open && looks < PAUSES_MS.length && !this.#draining && isHelloBegun(bytes)) return this.#wait(arrival, looks);
    const app = this.#appFor(bytes, arrival);
    if (app === null || !this.#native.limitReceived(fd, MOST_RECEIVED))
      return this.#door.adopt(fd, address, port, listener, via ?? undefined);
    this.#handshakes.add(arrival);
    this.#uws.adoptInto(app, fd);
  }

  #wait(arrival: Arrival, looks: number): void {
    const again = (): void => {
      this.#waiting.delete(arrival);
      this.#look(arrival, looks + 1);
    };
    this.#waiting.set(arrival, setTimeout(again, PAUSES_MS[looks]));
  }

  #takeWaiting(): Arrival[] {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    const arrivals = [...this.#waiting.keys()];
    this.#waiting.clear();
    return arrivals;
  }

  /** Null: the connection is not for uWebSockets. */
  #appFor(bytes: Buffer, { address, listener, via }: Arrival): UwsApp | null {
    // Raw upgrades are beyond uWebSockets, and any connection may come to ask for one. On a unix socket the sender decides how many bytes wait.
    if (this.#draining || this.#options.acceptsUpgrade() || listener.unixPath !== "" || !this.#uws.sound) return null;
    const hello = readClientHello(bytes);
    if (hello === null || !suitsUws(hello, this.#beyond)) return null;
    const cipher = chosenCipher(hello.suites, this.#aes);
    if (cipher === null) return null;
    try {
      const apps = this.#current()?.for(hello.serverName, cipher, listener) ?? null;
      return apps !== null && (via === null || apps.hasRoom(via)) ? apps.for(address, via) : null;
    } catch (error) {
      this.#terms.beyondUws((error as Error).message);
      return null;
    }
  }

  #current(): SecureApps | null {
    const { pairs } = this.#terms;
    if (pairs === this.#pairs) return this.#apps;
    this.#pairs = pairs;
    this.#apps = null;
    return (this.#apps = new SecureApps(this.#uwsModule, this.#uws, pairs));
  }
}

/**
 * True if uWebSockets comes to terms with this client as Node's TLS would, but for the cipher. Older versions than TLS 1.3 it cannot be kept from, nor be held to our
 * ciphers in; `beyond` are the application protocols that it does not speak.
 */
export function suitsUws({ versions, groups, protocols }: ClientHello, beyond: readonly string[]): boolean {
  return (
    versions.includes(TLS_1_3) &&
    groups.some((group) => GROUPS.has(group)) &&
    !protocols.some((name) => beyond.includes(name))
  );
}

// --- internal ---

const TLS_1_3 = 0x0304;

/** secp256r1, secp384r1, x25519. */
const GROUPS: ReadonlySet<number> = new Set([0x17, 0x18, 0x1d]);
