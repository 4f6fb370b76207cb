/** What every layer needs of the error log. The writer behind it is base/log-writer.ts. */

import type { LogLevel } from "./errors.ts";

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  critical(message: string): void;
  log(level: LogLevel, message: string): void;
}
