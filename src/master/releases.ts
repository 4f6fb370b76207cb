/** The release in force, and how the next one comes into force. */

import type { LogWriter } from "../base/log-writer.ts";
import type { Settings } from "../config/settings/index.ts";
import type { Listeners } from "../net/listeners.ts";
import type { Outcome } from "./commands.ts";
import { urlsOf, type Credentials } from "./credentials.ts";
import type { Extensions } from "./extension.ts";
import type { MasterHost } from "./host.ts";
import { prepareRelease } from "./prepare-release.ts";
import type { Release } from "./release.ts";
import { Reload, type Preparation } from "./reload.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface ReleasesParts {
  /** Of the first one. */
  readonly settings: Settings;
  readonly host: Pick<MasterHost, "reread" | "restartOnly">;
  readonly pool: WorkerPool;
  readonly extensions: Extensions;
  readonly log: LogWriter;
  readonly now: () => number;
  readonly wake: () => void;
}

export class Releases {
  readonly #parts: ReleasesParts;
  readonly #reload: Reload;
  #current: Release | null = null;

  constructor(parts: ReleasesParts) {
    const { pool, log, now, wake, extensions } = parts;
    this.#parts = parts;
    this.#reload = new Reload({
      pool,
      log,
      now,
      wake,
      current: () => this.#current!,
      prepare: (current) => this.#prepare(current),
      putInForce: (release) => this.#putInForce(release),
      ended: (outcome) => extensions.note("reloadEnded", outcome),
    });
  }

  get settings(): Settings {
    return this.#current?.settings ?? this.#parts.settings;
  }

  /** Null before the sockets are bound. */
  get listeners(): Listeners | null {
    return this.#current?.listeners ?? null;
  }

  /** Null without TLS. */
  get credentials(): Credentials | null {
    return this.#current?.credentials ?? null;
  }

  /** Workers are started from now on. */
  begin(listeners: Listeners, credentials: Credentials | null): void {
    this.#putInForce({ number: 1, settings: this.#parts.settings, listeners, credentials });
  }

  /** Asks for a reload; `advance` does it, once a turn of the loop. */
  reload(): Promise<Outcome> {
    return this.#reload.request();
  }

  advance(): Promise<void> {
    return this.#reload.advance();
  }

  /** The server stops. */
  abandonReload(): void {
    this.#reload.abandon();
  }

  // --- internal ---

  async #prepare(current: Release): Promise<Preparation> {
    const { host, extensions, log, pool } = this.#parts;
    await extensions.tell("reloading");
    return prepareRelease(current, {
      log,
      reread: () => host.reread(current.settings),
      restartOnly: host.restartOnly,
      mostWorkers: pool.mostWorkers,
      announce: (settings) => extensions.tell("settingsRead", settings),
    });
  }

  #putInForce(release: Release): void {
    const { pool, log, extensions } = this.#parts;
    const before = this.#current;
    this.#current = release;
    pool.target = Math.min(release.settings.workers, pool.mostWorkers);
    pool.putInForce(release);
    if (before === null) return;
    extensions.note("reloaded");
    if (urlsOf(before) !== urlsOf(release)) log.info(`Listening at: ${urlsOf(release)} (${process.pid})`);
  }
}
