/** Reads certificates, keys and authorities, and checks all that can be known before the first client comes. */

import { createPrivateKey, randomBytes, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createSecureContext } from "node:tls";

import { JunicornError } from "../base/errors.ts";
import { optionsFor } from "./contexts.ts";
import { speaksTls, type KeyPair, type SniCert, type TlsFiles, type TlsMaterial } from "./material.ts";

/** A certificate, for those who look after its end. */
export interface CertificateFacts {
  readonly file: string;
  /** What it is for: its names, or its subject. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface ReadTls {
  readonly material: TlsMaterial;
  /** Of each pair's own certificate, in the order of the pairs. */
  readonly certificates: readonly CertificateFacts[];
  /** All that was read, by absolute path. */
  readonly files: readonly string[];
}

/** Relative paths start at `directory`. Throws `ERR_TLS` with the setting, the file and the fix. Null where the settings ask for no TLS. */
export function readTls(settings: TlsFiles, directory: string, ticketKeys = newTicketKeys()): ReadTls | null {
  const { certfile, keyfile, caCerts, sniCert, certReqs } = settings;
  if (!speaksTls(settings)) {
    if (caCerts === null && certReqs === "none") return null;
    throw wrong(caCerts === null ? "cert_reqs" : "ca_certs", "", "this needs TLS: give --certfile and --keyfile, too");
  }
  if (certfile === null && keyfile !== null)
    throw wrong("keyfile", keyfile, "a key without a certificate: give --certfile, too");
  if (certReqs !== "none" && caCerts === null) {
    const fix = "clients' certificates need somebody to vouch for them: give --ca-certs, the authorities that may";
    throw wrong("cert_reqs", certReqs, fix);
  }
  const read = new Reader(settings, directory);
  const wanted: Wanted[] = sniCert.map((entry) => ({ ...entry, setting: "sni_cert", keySetting: "sni_cert" }));
  if (certfile !== null)
    wanted.unshift({
      names: [],
      certfile,
      keyfile,
      setting: "certfile",
      keySetting: keyfile === null ? "certfile" : "keyfile",
    });
  const found = wanted.map((entry) => read.pair(entry));
  const ca = caCerts === null || certReqs === "none" ? null : read.authorities(caCerts);
  const material: TlsMaterial = { pairs: found.map(({ pair }) => pair), ca, ticketKeys };
  tryContexts(material, settings, wanted);
  return { material, certificates: found.map(({ facts }) => facts), files: [...read.files] };
}

export function newTicketKeys(): string {
  return randomBytes(48).toString("base64");
}

// --- internal ---

interface Wanted extends SniCert {
  readonly setting: string;
  readonly keySetting: string;
}

class Reader {
  readonly files = new Set<string>();
  readonly #settings: TlsFiles;
  readonly #directory: string;

  constructor(settings: TlsFiles, directory: string) {
    this.#settings = settings;
    this.#directory = directory;
  }

  pair({ names, certfile, keyfile, setting, keySetting }: Wanted): { pair: KeyPair; facts: CertificateFacts } {
    const cert = this.#read(setting, certfile);
    const certificate = parseCertificate(setting, certfile, cert);
    const keyPath = keyfile ?? certfile;
    const key = this.#key(keySetting, keyPath, keyfile === null ? cert : this.#read(keySetting, keyfile));
    if (!certificate.checkPrivateKey(key)) {
      const problem = `this key does not belong to the certificate in ${certfile}: give the key it was made with`;
      throw wrong(keySetting, keyPath, problem);
    }
    const own = namesOf(certificate);
    const facts: CertificateFacts = {
      file: certfile,
      names: own.length > 0 ? own : [certificate.subject.replaceAll("\n", ", ")],
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
    };
    const pem = key.export({ type: "pkcs8", format: "pem" }) as string;
    return { pair: { names: names.length > 0 ? names : own, cert: certificatesOf(cert).join("\n"), key: pem }, facts };
  }

  authorities(file: string): string {
    const text = this.#read("ca_certs", file);
    for (const pem of certificatesOf(text)) parseCertificate("ca_certs", file, pem);
    if (certificatesOf(text).length === 0) throw wrong("ca_certs", file, NO_CERTIFICATE);
    return text;
  }

  #read(setting: string, file: string): string {
    const path = resolve(this.#directory, file);
    this.files.add(path);
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw wrong(setting, file, READ_PROBLEMS[code ?? ""] ?? message);
    }
  }

  #key(setting: string, file: string, text: string): KeyObject {
    const pem = KEY.exec(text)?.[0];
    if (pem === undefined) {
      const problem = "there is no private key in it (-----BEGIN … PRIVATE KEY-----): name the file that has the key";
      throw wrong(setting, file, problem);
    }
    const encrypted = /ENCRYPTED/.test(pem);
    const passphrase = encrypted ? this.#passphrase() : null;
    if (encrypted && passphrase === null) {
      const fix =
        "the key is encrypted: give its passphrase in a file (--key-passphrase-file) or in JUNICORN_KEY_PASSPHRASE";
      throw wrong(setting, file, fix);
    }
    try {
      return createPrivateKey(passphrase === null ? pem : { key: pem, passphrase });
    } catch (error) {
      const { message } = error as Error;
      throw wrong(
        setting,
        file,
        encrypted ? "the passphrase does not open the key" : `the key cannot be read: ${message}`,
      );
    }
  }

  #passphrase(): string | null {
    const { keyPassphrase, keyPassphraseFile } = this.#settings;
    if (keyPassphraseFile === null) return keyPassphrase;
    return this.#read("key_passphrase_file", keyPassphraseFile).replace(/\r?\n$/, "");
  }
}

const KEY = /-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----[\s\S]*?-----END \1PRIVATE KEY-----/;
const NO_CERTIFICATE = "there is no certificate in it (-----BEGIN CERTIFICATE-----)";

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES:
    "this user may not read it: the master reads it, so run the master as one who may, or change its owner or mode",
  EISDIR: "this is a directory: name a file in PEM form",
};

function certificatesOf(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
}

function parseCertificate(setting: string, file: string, text: string): X509Certificate {
  const [pem] = certificatesOf(text);
  if (pem === undefined) throw wrong(setting, file, NO_CERTIFICATE);
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw wrong(setting, file, `the certificate cannot be read: ${(error as Error).message}`);
  }
}

function namesOf(certificate: X509Certificate): string[] {
  const names = (certificate.subjectAltName ?? "").match(/DNS:[^,\s"]+/g) ?? [];
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  const found =
    names.length > 0 ? names.map((name) => name.slice("DNS:".length)) : common === undefined ? [] : [common];
  return found.map((name) => name.toLowerCase());
}

/** What only OpenSSL knows: keys that are too small for its security level, ciphers that do not exist. */
function tryContexts(material: TlsMaterial, settings: TlsFiles, wanted: readonly Wanted[]): void {
  for (const [index, pair] of material.pairs.entries()) {
    try {
      createSecureContext(optionsFor(pair, material, settings));
    } catch (error) {
      const { message } = error as Error;
      if (/cipher/i.test(message) && settings.ciphers !== null)
        throw wrong("ciphers", settings.ciphers, "OpenSSL knows none of these ciphers (openssl ciphers -v lists them)");
      throw wrong(wanted[index]!.setting, wanted[index]!.certfile, `OpenSSL does not take it: ${message}`);
    }
  }
}

function wrong(setting: string, value: string, problem: string): JunicornError {
  return new JunicornError("ERR_TLS", { setting, value: value === "" ? "" : ` ${value}`, problem });
}
