/** The master's error log in syslog, as the settings in force want it. */

import { isDeepStrictEqual } from "node:util";

import { type Syslog, syslogFor } from "../net/syslog.ts";
import type { Extension, MasterContext } from "./extension.ts";

export class MasterSyslog implements Extension {
  readonly name = "syslog";
  readonly #master: MasterContext;
  #syslog: Syslog | null = null;
  #attachedFor: unknown = null;

  constructor(master: MasterContext) {
    this.#master = master;
    this.#attach();
  }

  reloaded(): void {
    this.#attach();
  }

  async stopped(): Promise<void> {
    this.#master.log.also = null;
    await this.#syslog?.close();
  }

  // --- internal ---

  #attach(): void {
    const { log, settings } = this.#master;
    const { logSyslog, logSyslogTo, logSyslogFacility, logSyslogPrefix, procName, app } = settings;
    const wish = [logSyslog, logSyslogTo, logSyslogFacility, logSyslogPrefix, procName, app];
    if (isDeepStrictEqual(wish, this.#attachedFor)) return;
    this.#attachedFor = wish;
    const before = this.#syslog;
    this.#syslog = syslogFor(settings, {
      note: (message) => log.warning(message),
      lost: (lines) => (log.counts.lost += lines),
    });
    log.also = this.#syslog?.sink("error") ?? null;
    void before?.close();
  }
}
