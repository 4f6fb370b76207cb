/** How a worker speaks TLS: the certificates in force, which the master replaces, and what is said of handshakes that fail. */

import { isDeepStrictEqual } from "node:util";

import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import type { Engine, EngineOptions, TlsTerms } from "../engines/engine.ts";
import { tlsEngine } from "../engines/tls/engine.ts";
import type { Uws } from "../engines/uws/binding.ts";
import { SecureRoutingEngine } from "../engines/uws/secure-route.ts";
import { contextsOf, type Adjust, type Contexts } from "../tls/contexts.ts";
import { stackOf } from "../http/failure.ts";
import type { CertReqs, KeyPair, TlsMaterial } from "../tls/material.ts";

export class WorkerTls implements TlsTerms {
  readonly engine = tlsEngine;
  readonly clientCertificates: CertReqs;
  readonly ciphers: string | null;
  readonly hooked: boolean;
  contexts: Contexts;
  pairs: readonly KeyPair[];
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #adjust: Adjust | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;
  #window = Number.NEGATIVE_INFINITY;
  #told = 0;
  #untold = 0;

  /** `adjust`: the hook. What it throws keeps the worker from starting: it may be what guards the application. */
  constructor(material: TlsMaterial, settings: Settings, log: Log, adjust?: Adjust) {
    this.#settings = settings;
    this.#log = log;
    this.#adjust = adjust;
    this.clientCertificates = settings.certReqs;
    this.ciphers = settings.ciphers;
    this.hooked = adjust !== undefined;
    this.pairs = material.pairs;
    this.contexts = contextsOf(material, settings, adjust);
  }

  /** For connections from now on. */
  replace(material: TlsMaterial): void {
    try {
      this.contexts = contextsOf(material, this.#settings, this.#adjust);
      if (!isDeepStrictEqual(material.pairs, this.pairs)) this.pairs = material.pairs;
    } catch (error) {
      this.#log.error(`The new certificates cannot be used, and the old ones stay: ${stackOf(error)}`);
    }
  }

  uwsEngine(uws: Uws, options: EngineOptions, terms: TlsTerms): Engine {
    return new SecureRoutingEngine(uws, options, terms);
  }

  beyondUws(reason: string): void {
    const now = performance.now();
    if (now - this.#saidAt < MINUTE_MS) return;
    this.#saidAt = now;
    this.#log.error(`New connections are served on llhttp, and not on uWebSockets: ${reason}`);
  }

  /** A scan of a port, or a client with a wrong idea of us, must not fill the log. */
  failed(peer: string, reason: string): void {
    const now = performance.now();
    if (now - this.#window >= WINDOW_MS) {
      this.#tellNumber();
      this.#window = now;
      this.#told = 0;
    }
    if (this.#told++ < MOST_TOLD) return this.#log.warning(`TLS handshake with ${peer} failed: ${reason}`);
    // There may be no next one to tell it with.
    if (this.#untold++ === 0) setTimeout(() => this.#tellNumber(), WINDOW_MS).unref();
  }

  // --- internal ---

  #tellNumber(): void {
    if (this.#untold > 0) this.#log.warning(`${this.#untold} more TLS handshakes failed since this was last said`);
    this.#untold = 0;
  }
}

// --- internal ---

const MINUTE_MS = 60_000;
const WINDOW_MS = 10_000;
const MOST_TOLD = 5;
