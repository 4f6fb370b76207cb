/** What the control socket answers, as TypeScript knows it: for its server and for its clients. */

import type { Settings } from "../../config/settings/index.ts";
import type { Counts, RequestSnapshot, WorkerSnapshot } from "../../ipc/snapshot.ts";
import type { DeathCause } from "../deaths/judge.ts";
import type { Verdict } from "../deaths/verdicts.ts";
import type { ReloadTally, WorkerTally } from "../tally.ts";
import type { RecycleCause } from "../worker-handle.ts";

export type { RequestSnapshot, Verdict, WorkerSnapshot };

/** `GET /stats`. Times are in milliseconds. */
export interface Stats {
  readonly pid: number;
  readonly version: string;
  readonly uptimeMs: number;
  readonly rssBytes: number | null;
  readonly directory: string;
  readonly app: string;
  readonly workerClass: string;
  /** Of each worker in the `gthread` class. */
  readonly threads: number;
  /** Silence of a worker after which it is ended; 0: never. */
  readonly timeoutMs: number;
  /** How many workers there should be, are, and can serve. */
  readonly workers: WorkerTally & { readonly target: number; readonly current: number; readonly ready: number };
  readonly reloads: ReloadTally;
  /** Workers that were replaced because of a setting, and all that are gone, by what ended them (docs/troubleshooting.md). */
  readonly recycled: Readonly<Record<RecycleCause, number>>;
  readonly deaths: Readonly<Record<DeathCause, number>>;
  /** Of the living workers and of those before them. */
  readonly totals: Counts;
}

/** Of `GET /listeners`. */
export interface ListenerStatus {
  readonly url: string;
  /** Connections that no worker has accepted yet, and how many may wait so; null where the kernel does not say. */
  readonly queue: { readonly length: number; readonly limit: number } | null;
}

/** `GET /status`: all that `junicorn status` shows. */
export interface ServerStatus {
  readonly stats: Stats;
  readonly listeners: readonly ListenerStatus[];
  readonly workers: readonly WorkerSnapshot[];
}

/** `GET /config`. A function is told by its name. */
export type Configuration = { readonly [Name in keyof Settings]: unknown };

/** Any answer with a status of 400 or more. */
export interface Failure {
  readonly error: string;
}
