/** How a worker speaks TLS: the certificates in force, which the master replaces, and what is said of handshakes that fail. */

import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import type { TlsTerms } from "../engines/engine.ts";
import { tlsEngine } from "../engines/tls/engine.ts";
import { contextsOf, type Adjust, type Contexts } from "../tls/contexts.ts";
import { stackOf } from "../http/failure.ts";
import type { CertReqs, TlsMaterial } from "../tls/material.ts";

export class WorkerTls implements TlsTerms {
  readonly engine = tlsEngine;
  readonly clientCertificates: CertReqs;
  contexts: Contexts;
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #adjust: Adjust | undefined;
  #window = Number.NEGATIVE_INFINITY;
  #told = 0;
  #untold = 0;

  /** `adjust`: the hook. What it throws keeps the worker from starting: it may be what guards the application. */
  constructor(material: TlsMaterial, settings: Settings, log: Log, adjust?: Adjust) {
    this.#settings = settings;
    this.#log = log;
    this.#adjust = adjust;
    this.clientCertificates = settings.certReqs;
    this.contexts = contextsOf(material, settings, adjust);
  }

  /** For connections from now on. */
  replace(material: TlsMaterial): void {
    try {
      this.contexts = contextsOf(material, this.#settings, this.#adjust);
    } catch (error) {
      this.#log.error(`The new certificates cannot be used, and the old ones stay: ${stackOf(error)}`);
    }
  }

  /** A scan of a port, or a client with a wrong idea of us, must not fill the log. */
  failed(peer: string, reason: string): void {
    const now = performance.now();
    if (now - this.#window >= WINDOW_MS) {
      if (this.#untold > 0) this.#log.warning(`${this.#untold} more TLS handshakes failed since this was last said`);
      this.#window = now;
      this.#told = 0;
      this.#untold = 0;
    }
    if (this.#told < MOST_TOLD) this.#log.warning(`TLS handshake with ${peer} failed: ${reason}`);
    else this.#untold++;
    this.#told++;
  }
}

// --- internal ---

const WINDOW_MS = 10_000;
const MOST_TOLD = 5;
