/** What contexts of OpenSSL are made of, of what the master has sent: one for each certificate, found by the name that a client asks for. */

import { constants } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";

import { ByName } from "./by-name.ts";
import type { KeyPair, TlsMaterial, TlsPolicy } from "./material.ts";

/** Changes the options of every context: the `sslContext` hook. */
export type Adjust = (options: SecureContextOptions) => SecureContextOptions;

/** What a server is made of, of one generation of certificates. */
export interface Contexts {
  /** For clients that ask for no name, or for one that is not here. */
  readonly fallback: SecureContextOptions;
  /** There are others beside it. */
  readonly several: boolean;
  /** By the name that a client asks for. */
  choose(name: string): SecureContextOptions;
}

export function optionsFor(pair: KeyPair, material: TlsMaterial, policy: TlsPolicy): SecureContextOptions {
  const { ciphers, sslVersion } = policy;
  return {
    cert: pair.cert,
    key: pair.key,
    ...(material.ca !== null && { ca: material.ca }),
    ...(ciphers !== null && { ciphers }),
    minVersion: sslVersion,
    honorCipherOrder: true,
    // A client that renegotiates makes us calculate as often as it likes.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    // Without a name for it, OpenSSL resumes no session in which a client's certificate was asked for.
    sessionIdContext: "junicorn",
    ticketKeys: Buffer.from(material.ticketKeys, "base64"),
  };
}

export function contextsOf(material: TlsMaterial, policy: TlsPolicy, adjust: Adjust = (options) => options): Contexts {
  const byName = new ByName<SecureContextOptions>();
  const all = material.pairs.map((pair) => adjust(optionsFor(pair, material, policy)));
  for (const [index, options] of all.entries()) {
    createSecureContext(options); // what OpenSSL does not take is to be known now, and not when the first client asks for it
    byName.add(material.pairs[index]!.names, options);
  }
  const fallback = all[0]!;
  return { fallback, several: all.length > 1, choose: (asked) => byName.find(asked) ?? fallback };
}
