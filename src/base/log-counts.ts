/** What becomes of log messages, counted for metrics. */

import type { LogLevel } from "./errors.ts";

/** Messages by level, whether or not the level is written, and lines that could not be written. */
export interface LogCounts {
  warning: number;
  error: number;
  critical: number;
  lost: number;
}

export function newLogCounts(): LogCounts {
  return { warning: 0, error: 0, critical: 0, lost: 0 };
}

export function countMessage(counts: LogCounts, level: LogLevel): void {
  if (level === "warning" || level === "error" || level === "critical") counts[level]++;
}
