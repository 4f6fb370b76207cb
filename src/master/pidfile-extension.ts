/** Keeps the pidfile where the settings want it, for as long as the master lives. */

import type { Extension, MasterContext } from "./extension.ts";
import { Pidfile } from "./pidfile.ts";

export class PidfileExtension implements Extension {
  readonly name = "pidfile";
  readonly #master: MasterContext;
  readonly #file = new Pidfile();

  constructor(master: MasterContext) {
    this.#master = master;
  }

  /** Before the sockets are bound: who starts the server twice hears of the other one, not of a port in use. */
  starting(): void {
    const wanted = this.#wanted();
    if (wanted !== null) this.#file.create(wanted);
  }

  reloaded(): void {
    this.#move();
  }

  promoted(): void {
    this.#move();
  }

  stopped(): void {
    this.#file.remove();
  }

  // --- internal ---

  #wanted(): string | null {
    const { settings, upgrading } = this.#master;
    return settings.pidfile === null ? null : settings.pidfile + upgrading.suffix;
  }

  /** A server that runs goes on without it. */
  #move(): void {
    try {
      this.#file.move(this.#wanted());
    } catch (error) {
      this.#master.log.error((error as Error).message);
    }
  }
}
