/** What the settings say of the master's own process: its title, its file mask, its environment. */

import type { Extension, MasterContext } from "./extension.ts";
import { processTitle } from "./title.ts";

export class ProcessTraits implements Extension {
  readonly name = "process traits";
  readonly #master: MasterContext;

  constructor(master: MasterContext) {
    this.#master = master;
  }

  starting(): void {
    const { umask } = this.#master.settings;
    if (umask !== 0) process.umask(umask);
    this.#apply();
  }

  reloaded(): void {
    this.#apply();
  }

  promoted(): void {
    this.#apply();
  }

  // --- internal ---

  #apply(): void {
    const { settings, upgrading, host } = this.#master;
    host.variables.export(settings.rawEnv);
    process.title = processTitle("master", settings, upgrading.suffix);
  }
}
