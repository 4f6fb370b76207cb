/** uWebSockets over TLS, with Node's TLS and the engines behind it beside it: the first message of the client's handshake is looked at, without taking it, and decides. */

import type { Via } from "../../http/exchange.ts";
import type { RuleName } from "../../http/rules.ts";
import { native, type Native } from "../../native.ts";
import { readClientHello, type ClientHello } from "../../tls/client-hello.ts";
import type { KeyPair } from "../../tls/material.ts";
import type { Engine, EngineOptions, ListenerInfo, TlsTerms } from "../engine.ts";
import { AfterRead } from "./after-read.ts";
import type { Uws, UwsApp } from "./binding.ts";
import { UwsEngine } from "./engine.ts";
import { SecureApps } from "./secure-apps.ts";

/** Longer first messages go to llhttp. */
const PEEK_BYTES = 4096;

export class SecureRoutingEngine implements Engine {
  readonly #native: Native;
  readonly #uwsModule: Uws;
  readonly #uws: UwsEngine;
  /** For everything else. */
  readonly #door: Engine;
  readonly #terms: TlsTerms;
  readonly #acceptsUpgrade: () => boolean;
  readonly #beyond: readonly string[];
  readonly #buffer = Buffer.alloc(PEEK_BYTES);
  /** What the apps are made of. */
  #pairs: readonly KeyPair[];
  /** Null: uWebSockets does not take these. */
  #apps: SecureApps | null;
  #draining = false;

  constructor(uws: Uws, options: EngineOptions, terms: TlsTerms) {
    this.#native = native();
    this.#uwsModule = uws;
    this.#terms = terms;
    this.#uws = new UwsEngine(uws, options, new AfterRead());
    this.#pairs = terms.pairs;
    this.#apps = new SecureApps(uws, this.#uws, this.#pairs);
    this.#door = terms.engine(options, terms);
    this.#acceptsUpgrade = options.acceptsUpgrade;
    this.#beyond = options.http2 ? ["http/1.0", "h2"] : ["http/1.0"];
  }

  get connections(): number {
    return this.#uws.connections + this.#door.connections;
  }

  adopt(fd: number, address: string, port: number, listener: ListenerInfo, via: Via | null = null): void {
    const app = this.#appFor(fd, address, listener, via);
    if (app === null) this.#door.adopt(fd, address, port, listener, via ?? undefined);
    else this.#uws.adoptInto(app, fd);
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
    this.#uws.drain(graceMs);
    this.#door.drain(graceMs);
  }

  destroy(): number {
    return this.#uws.destroy() + this.#door.destroy();
  }

  // --- internal ---

  /** Null: the connection is not for uWebSockets. */
  #appFor(fd: number, address: string, listener: ListenerInfo, via: Via | null): UwsApp | null {
    // Raw upgrades are beyond uWebSockets, and any connection may come to ask for one.
    if (this.#draining || this.#acceptsUpgrade()) return null;
    const length = this.#native.peek(fd, this.#buffer);
    const hello = length > 0 ? readClientHello(this.#buffer.subarray(0, length)) : null;
    if (hello === null || !suitsUws(hello, this.#beyond)) return null;
    try {
      const apps = this.#current()?.for(hello.serverName, listener) ?? null;
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
 * True if uWebSockets comes to terms with this client as Node's TLS would. Older versions than TLS 1.3 it cannot be kept from, nor be held to our ciphers
 * in; `beyond` are the application protocols that it does not speak.
 */
export function suitsUws({ versions, groups, suites, protocols }: ClientHello, beyond: readonly string[]): boolean {
  return (
    versions.includes(TLS_1_3) &&
    suites.some((suite) => SUITES.has(suite)) &&
    groups.some((group) => GROUPS.has(group)) &&
    !protocols.some((name) => beyond.includes(name))
  );
}

// --- internal ---

const TLS_1_3 = 0x0304;

/** TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256. */
const SUITES: ReadonlySet<number> = new Set([0x1301, 0x1302, 0x1303]);

/** secp256r1, secp384r1, x25519. */
const GROUPS: ReadonlySet<number> = new Set([0x17, 0x18, 0x1d]);
