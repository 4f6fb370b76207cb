/** The keys of TLS session tickets, the same for all workers: new ones twice a day, so that no key opens more than half a day's sessions of TLS 1.2. */

import type { Credentials } from "./credentials.ts";
import type { Log } from "../base/log.ts";

/**
 * A ticket is good for two hours, which is OpenSSL's word. Its key is forgotten with the next one, for Node takes one only: then the client does a whole handshake,
 * which happens to one resumption in six at the very worst.
 */
export const TICKET_KEYS_MS = 12 * 60 * 60 * 1000;

/** Of a master, the part that is needed. */
interface Master {
  readonly log: Log;
  readonly credentials: Credentials | null;
  readonly pool: { readonly workers: Iterable<Holder> };
}

interface Holder {
  readonly release: { readonly credentials?: Credentials | null };
  send(message: { readonly type: "certificates"; readonly tls: Credentials["material"] }): void;
}

export class TicketKeys {
  readonly #master: Master;
  /** Those that are in force, and since when; null before there are any. */
  #keys: string | null = null;
  #since = 0;

  constructor(master: Master) {
    this.#master = master;
  }

  /** Called about once a second. */
  async turn(now: number): Promise<void> {
    const current = this.#master.credentials?.material.ticketKeys;
    if (current === undefined) return;
    if (this.#keys === null) {
      this.#keys = current;
      this.#since = now;
    }
    const due = now - this.#since >= TICKET_KEYS_MS;
    // A reload that was under way when they changed has brought back the old ones.
    if (!due && current === this.#keys) return;
    if (due) {
      const { newTicketKeys } = await import("../tls/read.ts");
      this.#keys = newTicketKeys();
      this.#since = now;
      this.#master.log.debug("New keys for TLS session tickets");
    }
    this.#giveOut(this.#keys);
  }

  // --- internal ---

  /** To all workers at once, whatever release they are of: a session is resumed wherever its client comes to. */
  #giveOut(ticketKeys: string): void {
    const { credentials, pool } = this.#master;
    const workers = [...pool.workers];
    const all = new Set([credentials, ...workers.map((worker) => worker.release.credentials ?? null)]);
    for (const each of all) if (each !== null) each.material = { ...each.material, ticketKeys };
    for (const worker of workers) {
      const material = worker.release.credentials?.material;
      if (material !== undefined) worker.send({ type: "certificates", tls: material });
    }
  }
}
