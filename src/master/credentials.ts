/** Certificates and keys: the master reads them, as the user it is, and its workers are sent them. */

import { JunicornError } from "../base/errors.ts";
import type { Settings } from "../config/settings/index.ts";
import type { Listeners } from "../net/listeners.ts";
import { speaksTls, type TlsMaterial } from "../tls/material.ts";
import type { CertificateFacts, ReadTls } from "../tls/read.ts";

/** Of one release. Replaced as a whole when files change. */
export interface Credentials {
  material: TlsMaterial;
  certificates: readonly CertificateFacts[];
  files: readonly string[];
}

/** The addresses of a server, as its clients spell them. */
export function urlsOf({ listeners, credentials }: { listeners: Listeners; credentials?: Credentials | null }): string {
  return credentials ? listeners.urls.replaceAll("http://", "https://") : listeners.urls;
}

/** Null where the settings ask for no TLS, of which nothing is loaded then. Sessions go on: `before` has their keys. Throws `ERR_TLS`. */
export async function openCredentials(
  settings: Settings,
  before: Credentials | null = null,
): Promise<Credentials | null> {
  if (!speaksTls(settings) && !settings.httpProtocols.includes("h1")) {
    const problem = "HTTP/2 needs TLS: give --certfile and --keyfile, or h1 as well";
    throw new JunicornError("ERR_TLS", { setting: "http_protocols", value: " h2", problem });
  }
  if (!speaksTls(settings) && settings.caCerts === null && settings.certReqs === "none") return null;
  const { readTls } = await import("../tls/read.ts");
  const read: ReadTls | null = readTls(settings, process.cwd(), before?.material.ticketKeys);
  return read === null ? null : { ...read };
}
