/** A log that keeps what it is told: for unit tests. */

import type { LogLevel } from "../../src/base/errors.ts";
import { LeveledLog } from "../../src/base/log.ts";

export class RecordingLog extends LeveledLog {
  readonly lines: { level: LogLevel; message: string }[] = [];

  override log(level: LogLevel, message: string): void {
    this.lines.push({ level, message });
  }

  /** The messages, of one level or all, a line each. */
  text(level?: LogLevel): string {
    return this.lines
      .filter((line) => level === undefined || line.level === level)
      .map((line) => line.message)
      .join("\n");
  }
}
