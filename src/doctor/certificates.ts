/** Checks of certificates and keys: whether a server would start with them, until when they are good, and who can read the keys. */

import { statSync } from "node:fs";
import { resolve } from "node:path";

import { daysLeft, WARN_DAYS } from "../master/certificates.ts";
import { speaksTls } from "../tls/material.ts";
import { fail, ok, type Result, type Subject, warn } from "./finding.ts";

export async function checkCertificates({ settings }: Subject): Promise<Result[]> {
  if (!speaksTls(settings)) return [];
  const { readTls } = await import("../tls/read.ts");
  let read;
  try {
    read = readTls(settings, process.cwd());
  } catch (error) {
    return [fail((error as Error).message, "correct what the line names: a server does not start like this")];
  }
  const results = (read?.certificates ?? []).flatMap((certificate) => {
    const days = daysLeft(certificate);
    const what = `the certificate in ${certificate.file} (${certificate.names.join(", ")})`;
    if (days < 0) return [fail(`${what} has ended: clients refuse it`, RENEW)];
    return days < WARN_DAYS ? [warn(`${what} ends in ${days} days`, RENEW)] : [];
  });
  results.push(...keysOf(settings).flatMap(exposed));
  if (results.length > 0) return results;
  const least = Math.min(...(read?.certificates ?? []).map(daysLeft));
  return [ok(`certificates and keys belong together, and are good for ${least} days`)];
}

// --- internal ---

const RENEW = "renew it (certbot renew, or whoever has made it): a running server takes the new files by itself";

function keysOf({ certfile, keyfile, sniCert }: Subject["settings"]): string[] {
  return [keyfile ?? certfile, ...sniCert.map((entry) => entry.keyfile ?? entry.certfile)].filter(
    (file) => file !== null,
  );
}

function exposed(file: string): Result[] {
  const path = resolve(file);
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & READ_BY_ALL) === 0) return [];
  return [
    warn(`everybody on this machine can read the key in ${path}`, `chmod o-rwx ${path}: the master alone reads it`),
  ];
}

const READ_BY_ALL = 0o004;
