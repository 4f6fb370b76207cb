/**
 * Watches the files of certificates and keys for all workers, and renews the keys of session tickets: what has changed and is sound is sent to them, and is in force for new connections; what
 * is not is refused, and looked at again when it changes again. Says when certificates end.
 */

import { stat } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";

import type { CertificateFacts } from "../tls/read.ts";
import { openCredentials, type Credentials } from "./credentials.ts";
import type { Extension, MasterContext } from "./extension.ts";
import { TicketKeys } from "./ticket-keys.ts";

export class Certificates implements Extension {
  readonly name = "certificates";
  readonly #master: MasterContext;
  readonly #ticketKeys: TicketKeys;
  /** Whose files these are. */
  #watched: Credentials | null = null;
  /** How the files were when they were last read, and at the last look. */
  #read = "";
  #seen = "";
  #looking = false;
  /** What went wrong at the last look, to say it once. */
  #trouble = "";
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(master: MasterContext) {
    this.#master = master;
    this.#ticketKeys = new TicketKeys(master);
  }

  /** Looks once a second: nothing that tells of changes tells of all of them, and six files cost nothing to look at. */
  tick(now: number): void {
    const { credentials } = this.#master;
    if (credentials === null || this.#looking) return;
    if (now - this.#toldAt >= DAY_MS) this.#tellOfEnds(credentials.certificates, now);
    this.#looking = true;
    // Not waited for: a network file system may not answer.
    void this.#ticketKeys
      .turn(now)
      .then(() => this.#look(credentials))
      .then(
        () => (this.#trouble = ""),
        (error) => this.#tellOf(error as Error),
      )
      .finally(() => (this.#looking = false));
  }

  // --- internal ---

  async #look(credentials: Credentials): Promise<void> {
    const now = await signatureOf(credentials.files);
    if (this.#watched !== credentials) {
      // A reload has just read them.
      this.#watched = credentials;
      this.#read = this.#seen = now;
      return;
    }
    const settled = now === this.#seen;
    this.#seen = now;
    // Whoever changes several files does it one after the other.
    if (!settled || now === this.#read) return;
    this.#read = now;
    await this.#take(credentials);
  }

  async #take(credentials: Credentials): Promise<void> {
    const { log, settings, pool } = this.#master;
    if (this.#master.credentials !== credentials) return;
    let next: Credentials | null;
    try {
      next = await openCredentials(settings, credentials);
    } catch (error) {
      const problem = (error as Error).message;
      log.error(`New certificates are refused, and the old ones stay until the files change again: ${problem}`);
      return;
    }
    if (next === null || isDeepStrictEqual(next.material, credentials.material)) return;
    Object.assign(credentials, next);
    for (const worker of pool.workers)
      if (worker.release.credentials === credentials) worker.send({ type: "certificates", tls: next.material });
    for (const certificate of next.certificates)
      log.info(
        `Certificate for ${described(certificate)} ends in ${daysLeft(certificate)} days; new connections get it`,
      );
    this.#tellOfEnds(next.certificates, this.#master.now());
  }

  /** Nobody waits for a look, so nobody else hears of what it throws; and it may throw at each. */
  #tellOf({ message }: Error): void {
    if (message !== this.#trouble) this.#master.log.error(`Certificates could not be looked at: ${message}`);
    this.#trouble = message;
  }

  #tellOfEnds(certificates: readonly CertificateFacts[], now: number): void {
    const { log } = this.#master;
    this.#toldAt = now;
    for (const certificate of certificates) {
      const days = daysLeft(certificate);
      const what = described(certificate);
      if (certificate.notBefore.getTime() > Date.now())
        log.warning(`The certificate for ${what} is not valid yet: it begins on ${date(certificate.notBefore)}`);
      if (days < 0)
        log.error(`The certificate for ${what} has ended on ${date(certificate.notAfter)}: clients refuse it`);
      else if (days < WARN_DAYS)
        log.warning(`The certificate for ${what} ends in ${days} days, on ${date(certificate.notAfter)}`);
    }
  }
}

/** Whoever renews by a program does so 30 days before the end: by then it has failed for weeks. */
export const WARN_DAYS = 14;

/** Whole days; negative once it has ended. */
export function daysLeft({ notAfter }: CertificateFacts): number {
  return Math.floor((notAfter.getTime() - Date.now()) / DAY_MS);
}

// --- internal ---

const DAY_MS = 86_400_000;

/** Follows links: Kubernetes and certbot put another file behind the same name. */
async function signatureOf(files: readonly string[]): Promise<string> {
  const all = files.map((file) =>
    stat(file, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(),
      (error: NodeJS.ErrnoException) => error.code ?? "?",
    ),
  );
  return (await Promise.all(all)).join(" ");
}

function described({ names, file }: CertificateFacts): string {
  const shown = names.length > 3 ? [...names.slice(0, 3), "…"] : names;
  return `${shown.join(", ")} (${file})`;
}

function date(when: Date): string {
  return when.toISOString().slice(0, 10);
}
