/** The socket that an application sees of a TLS connection: it answers what a `tls.TLSSocket` of a server is asked. */

import type { X509Certificate } from "node:crypto";
import type { CipherNameAndProtocol, DetailedPeerCertificate, PeerCertificate } from "node:tls";

import { readCertificate } from "../../base/x509.ts";
import type { Exchange, PeerTls } from "../../http/exchange.ts";
import type { Host } from "./link.ts";
import { ExchangeSocket } from "./socket.ts";

/** The kind that is right for the exchange's connection; what is TLS's alone is not there on plain ones, as applications expect. */
export function socketFor(exchange: Exchange, host: Host): ExchangeSocket {
  const { tls } = exchange.peer;
  return tls === null ? new ExchangeSocket(exchange, host) : new SecureExchangeSocket(exchange, host, tls);
}

export class SecureExchangeSocket extends ExchangeSocket {
  readonly #tls: PeerTls;

  constructor(exchange: Exchange, host: Host, tls: PeerTls) {
    super(exchange, host);
    this.#tls = tls;
  }

  /** The client has shown a certificate, and an authority of `ca_certs` vouches for it. */
  get authorized(): boolean {
    return this.#tls.authorized;
  }
  get authorizationError(): string | null {
    return this.#tls.authorized ? null : "UNABLE_TO_GET_ISSUER_CERT";
  }
  get servername(): string | false {
    return this.#tls.serverName || false;
  }
  get alpnProtocol(): string | false {
    return this.#tls.application || false;
  }
  getCipher(): CipherNameAndProtocol {
    return { ...this.#tls.cipher };
  }
  getProtocol(): string {
    return this.#tls.protocol;
  }
  isSessionReused(): boolean {
    return this.#tls.resumed === true;
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    const [own] = this.#tls.certificates;
    return own === undefined ? undefined : readCertificate(own);
  }

  /** `{}` for a client without one. With `detailed`, its issuer's and so on up. */
  getPeerCertificate(detailed = false): PeerCertificate {
    const [own, ...above] = this.#tls.certificates.map((der) => legacyOf(der));
    if (own === undefined) return {} as PeerCertificate;
    if (!detailed) return own;
    let below: DetailedPeerCertificate = own;
    for (const issuer of above) below = below.issuerCertificate = issuer;
    // The end of a chain names itself.
    below.issuerCertificate = below;
    return own;
  }
}

// --- internal ---

function legacyOf(der: Uint8Array): DetailedPeerCertificate {
  return readCertificate(der).toLegacyObject() as DetailedPeerCertificate;
}
