/** What a reload replaces as a whole. A worker keeps the release it was started with until it ends. */

import type { Settings } from "../config/settings/index.ts";
import { WorkerFd } from "../ipc/protocol.ts";
import type { Listeners } from "../net/listeners.ts";
import type { Credentials } from "./credentials.ts";

export interface Release {
  /** Grows by one with every reload. */
  readonly number: number;
  readonly settings: Settings;
  readonly listeners: Listeners;
  /** Null: no TLS. */
  readonly credentials?: Credentials | null;
}

/** Listeners of `leaving` that `staying` has not, as descriptors of a worker of `leaving`. */
export function orphansOf(leaving: Release, staying: Release): number[] {
  const kept = new Set(staying.listeners.all);
  return leaving.listeners.all.flatMap((listener, index) =>
    kept.has(listener) ? [] : [WorkerFd.FIRST_LISTENER + index],
  );
}
