/** The kinds of values that TLS settings have. Gunicorn's numbers, which are those of Python's ssl module, are understood. */

import type { CertReqs, SniCert, TlsVersion } from "../tls/material.ts";
import type { SettingType } from "./setting.ts";

/** Whether clients must have certificates. */
export function certReqs(): SettingType<CertReqs, CertReqs | 0 | 1 | 2> {
  return words("`none`, `optional` or `required`", "expected none, optional or required (or 0, 1, 2)", {
    none: ["none", "0", "cert_none"],
    optional: ["optional", "1", "cert_optional"],
    required: ["required", "2", "cert_required"],
  });
}

/** The oldest version of TLS that is spoken. */
export function tlsVersion(): SettingType<TlsVersion, TlsVersion | number> {
  return words("version", "expected TLSv1.2 or TLSv1.3 (or, for very old clients, TLSv1 or TLSv1.1)", {
    TLSv1: ["tlsv1", "tlsv1.0", "3"],
    "TLSv1.1": ["tlsv1.1", "tlsv1_1", "4"],
    // Python's names for "whatever both can" mean its default, which is this.
    "TLSv1.2": ["tlsv1.2", "tlsv1_2", "5", "tls", "tls_server", "sslv23", "2", "17"],
    "TLSv1.3": ["tlsv1.3", "tlsv1_3"],
  });
}

/** More certificates: `[NAMES=]CERT[,KEY]`, or in a file such objects. */
export function sniCerts(): SettingType<readonly SniCert[], readonly (string | Partial<SniCert>)[] | string> {
  return {
    label: "list of certificates",
    placeholder: "[NAMES=]CERT[,KEY]",
    repeatable: true,
    fromText: (texts) => texts.filter((text) => text.trim() !== "").map(fromText),
    fromValue: (value) => (Array.isArray(value) ? (value as unknown[]) : [value]).map(fromValue),
  };
}

// --- internal ---

function words<Word extends string, Given>(
  label: string,
  allowed: string,
  spellings: Readonly<Record<Word, readonly string[]>>,
): SettingType<Word, Given> {
  const read = (value: unknown): Word => {
    const asked = String(value)
      .trim()
      .toLowerCase()
      .replace(/^(ssl\.)?protocol_/, "");
    for (const [word, all] of Object.entries(spellings) as [Word, readonly string[]][])
      if (all.includes(asked)) return word;
    throw new Error(allowed);
  };
  return {
    label,
    placeholder: "CHOICE",
    repeatable: false,
    fromText: (texts) => read(texts.at(-1) ?? ""),
    fromValue: read,
  };
}

const SHAPE = 'expected [NAMES=]CERT[,KEY], such as "shop.example.com=shop.pem,shop.key"';

function fromText(text: string): SniCert {
  const [, names = "", files] = /^(?:([^=/]*)=)?(.*)$/.exec(text.trim())!;
  const [certfile = "", keyfile = "", ...rest] = files!.split(",").map((part) => part.trim());
  if (certfile === "" || rest.length > 0) throw new Error(SHAPE);
  return {
    names: names
      .split(/[\s+]+/)
      .filter((name) => name !== "")
      .map(checkName),
    certfile,
    keyfile: keyfile || null,
  };
}

function fromValue(value: unknown): SniCert {
  if (typeof value === "string") return fromText(value);
  const { names = [], certfile, keyfile = null, ...rest } = (value ?? {}) as Partial<Record<string, unknown>>;
  const stray = Object.keys(rest)[0];
  if (stray !== undefined) throw new Error(`${SHAPE}, or an object of names, certfile and keyfile, and not ${stray}`);
  const list = typeof names === "string" ? [names] : names;
  if (
    typeof certfile !== "string" ||
    certfile === "" ||
    !Array.isArray(list) ||
    !(keyfile === null || typeof keyfile === "string")
  )
    throw new Error(`${SHAPE}, or { names: ["shop.example.com"], certfile: "shop.pem", keyfile: "shop.key" }`);
  return { names: list.map((name) => checkName(String(name))), certfile, keyfile: keyfile as string | null };
}

/** `*` is a whole label, and the first one. */
function checkName(name: string): string {
  if (!/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(name))
    throw new Error(`${JSON.stringify(name)} is not a host name (*.example.com is every name one level below)`);
  return name.toLowerCase();
}
