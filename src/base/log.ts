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

/** A log whose levels all come to one method. */
export abstract class LeveledLog implements Log {
  abstract log(level: LogLevel, message: string): void;

  debug(message: string): void {
    this.log("debug", message);
  }
  info(message: string): void {
    this.log("info", message);
  }
  warning(message: string): void {
    this.log("warning", message);
  }
  error(message: string): void {
    this.log("error", message);
  }
  critical(message: string): void {
    this.log("critical", message);
  }
}
