/**
 * HUP: a transaction. Settings are read again and sockets are bound; then one new worker has to show that it can serve; only then the new release
 * is put in force and the old workers leave, as new ones become ready. Whatever fails before leaves everything as it was.
 */

import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import type { Listeners } from "../net/listeners.ts";
import type { Outcome } from "./commands.ts";
import type { Credentials } from "./credentials.ts";
import type { Release } from "./release.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** What is ready to be put in force. */
export interface Preparation {
  readonly settings: Settings;
  readonly listeners: Listeners;
  readonly credentials?: Credentials | null;
  /** What the new settings ask for and a reload does not do. */
  readonly warnings: readonly string[];
  /** Puts what else there is in force, together with the release. */
  apply(): void;
  /** Gives back what was opened. */
  discard(): void;
}

export interface ReloadParts {
  readonly pool: WorkerPool;
  readonly log: Log;
  readonly now: () => number;
  /** The release in force. */
  readonly current: () => Release;
  /** Rejects with what is wrong; nothing has been changed then. */
  readonly prepare: (current: Release) => Promise<Preparation>;
  readonly putInForce: (release: Release) => void;
  /** Told of the end. */
  readonly ended: (outcome: Outcome) => void;
  readonly wake: () => void;
}

type Prepared = Preparation | { readonly problem: string };

type Stage =
  | { readonly at: "idle" }
  | { readonly at: "preparing"; result: Prepared | null }
  | {
      readonly at: "proving";
      readonly preparation: Preparation;
      readonly release: Release;
      canary: WorkerHandle | null;
    }
  | { readonly at: "rolling"; readonly release: Release };

type Waiter = (outcome: Outcome) => void;

/** Failures to boot in a row, after the first new worker was ready, after which the reload counts as failed. */
const ROLLING_FAILURES = 3;

export class Reload {
  readonly #parts: ReloadParts;
  #stage: Stage = { at: "idle" };
  #startedAt = 0;
  #number = 1;
  /** Of the one that runs. */
  #warnings: readonly string[] = [];
  /** Who waits for the reload that runs, and for the one that comes after it. */
  #waiters: Waiter[] = [];
  #next: Waiter[] = [];

  constructor(parts: ReloadParts) {
    this.#parts = parts;
  }

  /** Asks for a reload. Any number of requests during one become a single one after it. */
  request(): Promise<Outcome> {
    this.#parts.wake();
    return new Promise((resolve) => this.#next.push(resolve));
  }

  /** Does what can be done now; once a turn of the loop. */
  async advance(): Promise<void> {
    const stage = this.#stage;
    switch (stage.at) {
      case "idle":
        if (this.#next.length > 0) this.#begin();
        return;
      case "preparing":
        if (stage.result === null) return;
        if ("problem" in stage.result) return this.#fail(stage.result.problem);
        return this.#prove(stage.result);
      case "proving":
        return this.#awaitProof(stage);
      case "rolling":
        return this.#roll(stage.release);
    }
  }

  /** The server stops: whoever waits for a reload is told, and what it has opened is given back. */
  abandon(): void {
    const stage = this.#stage;
    if (stage.at === "proving") stage.preparation.discard();
    if (stage.at === "preparing" && stage.result !== null && !("problem" in stage.result)) stage.result.discard();
    this.#stage = { at: "idle" };
    const outcome: Outcome = { ok: false, problem: "the server was told to stop meanwhile" };
    for (const resolve of [...this.#waiters.splice(0), ...this.#next.splice(0)]) resolve(outcome);
  }

  // --- internal ---

  #begin(): void {
    const { prepare, current, now, wake } = this.#parts;
    const stage: Stage = { at: "preparing", result: null };
    this.#stage = stage;
    this.#waiters = this.#next.splice(0);
    this.#startedAt = now();
    const over = (result: Prepared): void => {
      // The server may have begun to stop.
      if (this.#stage !== stage && !("problem" in result)) return result.discard();
      stage.result = result;
      wake();
    };
    void prepare(current()).then(over, (error: unknown) =>
      over({ problem: error instanceof Error ? error.message : String(error) }),
    );
  }

  async #prove(preparation: Preparation): Promise<void> {
    const { settings, listeners, credentials = null, warnings } = preparation;
    this.#warnings = warnings;
    const release = { number: ++this.#number, settings, listeners, credentials };
    const stage: Stage = { at: "proving", preparation, release, canary: null };
    this.#stage = stage;
    await this.#awaitProof(stage);
  }

  async #awaitProof(stage: Stage & { readonly at: "proving" }): Promise<void> {
    const { pool, putInForce, now } = this.#parts;
    const { canary, preparation, release } = stage;
    if (canary === null) {
      stage.canary = await pool.hire(release);
    } else if (canary.phase === "ready" && canary.end === null) {
      preparation.apply();
      putInForce(release);
      this.#stage = { at: "rolling", release };
    } else if (canary.end !== null || canary.phase === "leaving") {
      if (canary.end === null) canary.expel("SIGQUIT", now());
      preparation.discard();
      this.#fail(canary.bootFailure?.problem ?? `the first new worker (pid:${canary.pid}) did not stay`);
    }
  }

  #roll(release: Release): void {
    const { pool, log, now } = this.#parts;
    const ready = pool.workers.filter((worker) => worker.release === release && worker.phase === "ready").length;
    const old = pool.workers.filter((worker) => worker.release !== release);
    const staying = old.filter((worker) => worker.phase !== "leaving").length;
    const { count: failures, problem: cause } = pool.bootFailures;
    if (staying === 0 && ready >= pool.target) {
      const rest = old.length === 0 ? "" : `; ${count(old.length, "old one")} still to finish`;
      log.info(`Reloaded in ${(now() - this.#startedAt).toFixed(0)} ms: ${count(ready, "new worker")}${rest}`);
      this.#end({ ok: true, warnings: this.#warnings });
    } else if (failures >= ROLLING_FAILURES) {
      const problem = `${ready} of ${count(pool.target, "new worker")} came up, then ${failures} in a row failed to boot: ${cause}`;
      log.error(
        `The reload is not complete; ${count(staying, "old worker")} stay until new ones are ready: ${problem}`,
      );
      this.#end({ ok: false, problem });
    }
  }

  #fail(problem: string): void {
    this.#parts.log.error(`The reload failed, and the server goes on as it was: ${problem}`);
    this.#end({ ok: false, problem });
  }

  #end(outcome: Outcome): void {
    this.#stage = { at: "idle" };
    this.#parts.ended(outcome);
    for (const resolve of this.#waiters.splice(0)) resolve(outcome);
    // One that was asked for meanwhile begins with the next turn.
    if (this.#next.length > 0) this.#parts.wake();
  }
}

// --- internal ---

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
