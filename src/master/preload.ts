/** `--preload`: has the application loaded once before anything else, so that a start which must fail fails at once, and once. */

import { chownSync, mkdtempSync, rmSync } from "node:fs";
import Module from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ExitStatus, JunicornError } from "../base/errors.ts";
import type { WorkerIdentity } from "../ipc/protocol.ts";
import { identityOf } from "./accounts.ts";
import { checkApp } from "./check-app.ts";
import type { Extension, MasterContext } from "./extension.ts";

export function preload(master: MasterContext): Extension {
  return new Preload(master);
}

// --- internal ---

class Preload implements Extension {
  readonly name = "preload";
  readonly #master: MasterContext;
  /** Where processes share compiled code; null where Node has no such thing, or the user has chosen a place. */
  #cache: string | null = null;

  constructor(master: MasterContext) {
    this.#master = master;
  }

  async starting(): Promise<void> {
    const { settings, log, host } = this.#master;
    const identity = identityOf(settings);
    if ("enableCompileCache" in Module && host.invocation.environment[VARIABLE] === undefined) {
      this.#cache = makeCache(identity);
      host.variables.hand(VARIABLE, this.#cache);
    }
    const { exit, problem, description } = await checkApp(settings, {
      identity,
      environment: host.variables.with(settings.rawEnv),
    });
    if (exit === ExitStatus.OK) return log.info(`The application has been loaded once: ${description}`);
    throw new JunicornError("ERR_PRELOAD", { problem: problem ?? `it ended with status ${exit}` });
  }

  stopped(): void {
    if (this.#cache !== null) rmSync(this.#cache, { recursive: true, force: true });
  }
}

const VARIABLE = "NODE_COMPILE_CACHE";

/** Of our own, and for nobody else to write to: what is in it is run. */
function makeCache(identity: WorkerIdentity | null): string {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-compiled-"));
  if (identity !== null) chownSync(directory, identity.uid, identity.gid);
  return directory;
}
