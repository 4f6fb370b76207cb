/** Where lines of a log go besides its file. */

import type { LogLevel } from "./errors.ts";

export interface LogSink {
  /** Never throws and never waits. */
  write(level: LogLevel, text: string): void;
}
