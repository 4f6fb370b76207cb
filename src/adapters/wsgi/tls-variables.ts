/** What a WSGI application is told of a TLS connection, in the variables that Apache's mod_ssl and its like have for it. */

import { readCertificate } from "../../base/x509.ts";
import type { PeerTls } from "../../http/exchange.ts";

export function tlsVariables(tls: PeerTls): Record<string, string> {
  const { protocol, cipher, serverName, certificates } = tls;
  const variables: Record<string, string> = {
    HTTPS: "on",
    SSL_PROTOCOL: protocol,
    ...(cipher.name !== "" && { SSL_CIPHER: cipher.name }),
    ...(serverName !== "" && { SSL_TLS_SNI: serverName }),
    SSL_CLIENT_VERIFY: tls.authorized ? "SUCCESS" : "NONE",
  };
  const [der] = certificates;
  if (der === undefined) return variables;
  const certificate = readCertificate(der);
  return {
    ...variables,
    SSL_CLIENT_S_DN: oneLine(certificate.subject),
    SSL_CLIENT_I_DN: oneLine(certificate.issuer),
    SSL_CLIENT_M_SERIAL: certificate.serialNumber,
    SSL_CLIENT_V_START: certificate.validFrom,
    SSL_CLIENT_V_END: certificate.validTo,
    SSL_CLIENT_CERT: certificate.toString(),
  };
}

// --- internal ---

/** As RFC 2253 has it: the most specific part first. */
function oneLine(name: string): string {
  return name.split("\n").toReversed().join(",");
}
