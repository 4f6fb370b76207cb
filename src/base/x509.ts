/** Reading certificates, without loading node:crypto before there is one: with it comes all of OpenSSL's binding, which costs each thread of a pool 1 MiB. */

import type { X509Certificate } from "node:crypto";
import { createRequire } from "node:module";

/** @throws what OpenSSL says of bytes that are no certificate. `der` may be PEM, too. */
export function readCertificate(der: Uint8Array): X509Certificate {
  const crypto = createRequire(import.meta.url)("node:crypto") as typeof import("node:crypto");
  return new crypto.X509Certificate(der);
}
