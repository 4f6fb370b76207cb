/** What a server needs to speak TLS, as text: the master reads and checks it, and workers are sent it. */

/** A certificate with its chain, and its key. PEM; the key is not encrypted any more. */
export interface KeyPair {
  /** Names that clients ask for (SNI) to get it, in lower case; `*.example.com` is any one label. The first pair also is for everybody else. */
  readonly names: readonly string[];
  readonly cert: string;
  readonly key: string;
}

export interface TlsMaterial {
  readonly pairs: readonly KeyPair[];
  /** Authorities that clients' certificates must come from; null: no certificates are asked for. */
  readonly ca: string | null;
  /** 48 bytes in base64, the same in all workers: a session that began at one is resumed by any other. */
  readonly ticketKeys: string;
}

/** The settings of the same names. */
export interface TlsPolicy {
  readonly certReqs: CertReqs;
  readonly ciphers: string | null;
  readonly sslVersion: TlsVersion;
}

export type CertReqs = "none" | "optional" | "required";
export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** The settings that name files. */
export interface TlsFiles extends TlsPolicy {
  readonly certfile: string | null;
  readonly keyfile: string | null;
  readonly caCerts: string | null;
  readonly sniCert: readonly SniCert[];
  readonly keyPassphrase: string | null;
  readonly keyPassphraseFile: string | null;
}

/** One more certificate. */
export interface SniCert {
  /** None: those that the certificate is for. */
  readonly names: readonly string[];
  readonly certfile: string;
  /** Null: the key is in the certificate's file. */
  readonly keyfile: string | null;
}

/** Whether connections are TLS. */
export function speaksTls({ certfile, keyfile, sniCert }: Pick<TlsFiles, "certfile" | "keyfile" | "sniCert">): boolean {
  return certfile !== null || keyfile !== null || sniCert.length > 0;
}
