/** What applications are told of a TLS connection. */

import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

import type { PeerTls } from "../../http/exchange.ts";

/** `asked`: the client was asked for a certificate. */
export function peerTls(socket: TLSSocket, asked: boolean): PeerTls {
  const { name, standardName, version } = socket.getCipher();
  const serverName = (socket as { servername?: string | false }).servername;
  return Object.freeze({
    protocol: socket.getProtocol() ?? version,
    cipher: { name, standardName, version },
    serverName: typeof serverName === "string" ? serverName : "",
    application: typeof socket.alpnProtocol === "string" ? socket.alpnProtocol : "",
    resumed: socket.isSessionReused(),
    certificates: asked ? chainOf(socket.getPeerX509Certificate()) : NONE,
    authorized: asked && socket.authorized,
  });
}

// --- internal ---

const NONE: readonly Uint8Array[] = [];
const LONGEST_CHAIN = 10;

/** Copies of their own: a Buffer is a view into memory that it shares, all of which would be sent to threads. */
function chainOf(first: X509Certificate | undefined): Uint8Array[] {
  const chain: Uint8Array[] = [];
  for (let at = first; at !== undefined && chain.length < LONGEST_CHAIN; at = at.issuerCertificate) {
    chain.push(new Uint8Array(at.raw));
    if (at.issuerCertificate?.fingerprint256 === at.fingerprint256) break;
  }
  return chain;
}
