/** Waiting for a condition instead of for time. */

import { setTimeout as sleep } from "node:timers/promises";

/** How long anything is waited for, in ms: much longer than it takes, for the machine may be busy. */
export const PATIENCE_MS = 30_000;

export interface PollOptions {
  /** Longest wait in ms; PATIENCE_MS unless given. */
  timeout?: number;
  interval?: number;
  /** What was waited for, for the error. */
  what?: string | (() => string);
}

type Nothing = undefined | null | false | 0 | "";

/** Resolves with the first value of `probe` that is truthy: a count that is awaited begins at 0. */
export async function poll<T>(probe: () => T | Promise<T>, options: PollOptions = {}): Promise<Exclude<T, Nothing>> {
  const { timeout = PATIENCE_MS, interval = 10, what = "a condition" } = options;
  const deadline = performance.now() + timeout;
  for (;;) {
    const value = await probe();
    if (value) return value as Exclude<T, Nothing>;
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeout} ms for ${typeof what === "string" ? what : what()}`);
    }
    await sleep(interval);
  }
}
