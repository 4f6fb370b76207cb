/** What systemd is told of the service (sd_notify(3)): that it is ready, reloads, stops, lives, which process is its main one, and how it is. */

import type { Clock } from "../ipc/clock.ts";
import { native } from "../native.ts";
import type { Extension, MasterContext } from "./extension.ts";
import type { Environment } from "./invocation.ts";

/** The part of the addon that is used; a fake in tests. */
export type Notify = (address: string, state: string) => boolean;

/** Null where nobody listens: the service is not of `Type=notify`, or not systemd's at all. */
export function systemdExtension(master: MasterContext, env: Environment): Extension | null {
  const address = env["NOTIFY_SOCKET"] ?? "";
  return address === "" ? null : new Systemd(master, address, watchdogMs(env, process.pid));
}

export class Systemd implements Extension {
  readonly name = "systemd";
  readonly #master: MasterContext;
  readonly #address: string;
  /** Silence after which systemd ends the service; 0: it does not. */
  readonly #watchdogMs: number;
  readonly #notify: Notify;
  #timer: NodeJS.Timeout | null = null;
  #ready = false;
  #reloading = false;
  #stopping = false;
  /** The new master is the unit's main process now, and systemd hears no other. */
  #succeeded = false;
  #status = "";
  #turnedAt = 0;

  constructor(master: MasterContext, address: string, watchdogMs: number, notify: Notify = native().sdNotify) {
    this.#master = master;
    this.#address = address;
    this.#watchdogMs = watchdogMs;
    this.#notify = notify;
  }

  listening(): void {
    this.#tellStatus();
  }

  allReady(): void {
    this.#ready = true;
    this.#tellReady();
    if (this.#watchdogMs > 0) this.#timer = setInterval(() => this.#beat(), this.#watchdogMs / 2).unref();
  }

  /** The old master has named us before it left; from now on we are listened to. */
  promoted(): void {
    this.#status = "";
    if (this.#ready) this.#tellReady();
  }

  reloading(): void {
    this.#reloading = true;
    this.#tell(`RELOADING=1\nMONOTONIC_USEC=${Math.floor(this.#master.now() * 1000)}`);
  }

  reloadEnded(): void {
    this.#reloading = false;
    if (this.#ready) this.#tellReady();
  }

  tick(now: number): void {
    this.#turnedAt = now;
    this.#tellStatus();
  }

  stopping(): void {
    this.#stopping = true;
    const { successor } = this.#master.upgrading;
    // The unit lives on with the new master.
    this.#tell(successor > 0 ? `MAINPID=${successor}` : "STOPPING=1");
    this.#succeeded = successor > 0;
    this.#tellStatus();
  }

  stopped(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  // --- internal ---

  #tellReady(): void {
    this.#status = this.#describe();
    this.#tell(`READY=1\nSTATUS=${this.#status}`);
  }

  #tellStatus(): void {
    const status = this.#describe();
    if (status === this.#status) return;
    this.#status = status;
    this.#tell(`STATUS=${status}`);
  }

  #describe(): string {
    const { pool, listeners, upgrading } = this.#master;
    const ready = pool.workers.filter((worker) => worker.phase === "ready").length;
    if (this.#stopping) return `Stopping: ${workers(pool.workers.length)} left`;
    const what = this.#reloading ? "Reloading" : this.#ready ? "Serving" : "Starting";
    const beside = upgrading.successor > 0 ? `; new master ${upgrading.successor} beside it` : "";
    return `${what}: ${ready} of ${workers(pool.target)} ready at ${listeners?.urls ?? "no address"}${beside}`;
  }

  #beat(): void {
    if (isHealthy(this.#master, this.#turnedAt, Math.max(this.#watchdogMs / 2, LOOP_MS))) this.#tell("WATCHDOG=1");
  }

  /** While the master that we are to succeed is there, systemd listens only to that one. */
  #tell(state: string): void {
    if (!this.#succeeded && this.#master.upgrading.predecessor === 0) this.#notify(this.#address, state);
  }
}

/** The loop has turned lately, and a worker serves (or is on its way to, or there is to be none). */
export function isHealthy(master: MasterContext, turnedAt: number, loopMs: number): boolean {
  const { pool, settings } = master;
  const now: ReturnType<Clock> = master.now();
  if (now - turnedAt > loopMs) return false;
  const silentMs = settings.timeout === 0 ? Infinity : settings.timeout * 1000;
  return (
    pool.target === 0 ||
    pool.workers.some(
      ({ end, phase, slot }) => end === null && (phase === "booting" || now - slot.get("heartbeat") <= silentMs),
    )
  );
}

/** In ms, if it is this process that is watched. */
export function watchdogMs(env: Environment, pid: number): number {
  const microseconds = Number(env["WATCHDOG_USEC"] ?? 0);
  const watched = env["WATCHDOG_PID"] ?? String(pid);
  return watched === String(pid) && Number.isSafeInteger(microseconds) && microseconds > 0 ? microseconds / 1000 : 0;
}

// --- internal ---

/** The loop turns once a second; a reload's or a hook's wait in it is no hang. */
const LOOP_MS = 10_000;

function workers(count: number): string {
  return `${count} ${count === 1 ? "worker" : "workers"}`;
}
