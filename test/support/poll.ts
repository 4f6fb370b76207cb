/** Waiting for a condition instead of for time. */

import { setTimeout as sleep } from "node:timers/promises";

export interface PollOptions {
  /** Longest wait in ms. */
  timeout?: number;
  interval?: number;
  /** What was waited for, for the error. */
  what?: string | (() => string);
}

/** Resolves with the first value of `probe` that is neither undefined, null nor false. */
export async function poll<T>(
  probe: () => T | Promise<T>,
  options: PollOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const { timeout = 10_000, interval = 10, what = "a condition" } = options;
  const deadline = performance.now() + timeout;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value as Exclude<T, undefined | null | false>;
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeout} ms for ${typeof what === "string" ? what : what()}`);
    }
    await sleep(interval);
  }
}
