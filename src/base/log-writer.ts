/** The error log: levels, counts, and the file behind it, which a reload may replace. */

import type { LogLevel } from "./errors.ts";
import { countMessage, type LogCounts, newLogCounts } from "./log-counts.ts";
import { LineFile } from "./line-file.ts";
import type { LogSink } from "./log-sink.ts";
import { lineMaker, type LineMaker, type LogForm, safeMessage } from "./log-line.ts";
import { LeveledLog } from "./log.ts";

export interface LogOptions {
  /** A path, or "-" for standard error. */
  readonly file: string;
  /** The least level that is written. */
  readonly level: LogLevel;
  /** Text unless given. */
  readonly form?: LogForm;
}

/** Of the settings, those about the error log. */
export interface LogSettings {
  readonly errorLogfile: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogForm;
}

export function logOptions({ errorLogfile, logLevel, logFormat }: LogSettings): LogOptions {
  return { file: errorLogfile, level: logLevel, form: logFormat };
}

/** Opens the error log. Throws `ERR_LOG_FILE` if it cannot be written. */
export function openLog(options: LogOptions): LogWriter {
  return new LogWriter(options);
}

/**
 * Opens a file of bare lines, as the access log is: "-" is standard output. Lines leave together, after a tenth of a second at most.
 * `note` is told of lines that were lost, once writing works again, and `lost` at once. Throws `ERR_LOG_FILE`.
 */
export function openLineFile(
  file: string,
  note: (message: string) => void,
  lost: (lines: number) => void = () => {},
): LineFile {
  return new LineFile({ file, dashFd: 1, gatherMs: 100, note, lost });
}

/** Every line leaves at once. */
export class LogWriter extends LeveledLog {
  level: LogLevel;
  /** A worker keeps them in its slot of the scoreboard. */
  counts: LogCounts = newLogCounts();
  /** Told of each message as well, whatever its level: for who waits for a daemon to come up. */
  heard: ((level: LogLevel, message: string) => void) | null = null;
  #lines: LineFile;
  #file: string;
  /** Syslog, where it is wanted: gets every line that is written, too. */
  also: LogSink | null = null;
  #line: LineMaker;
  #form: LogForm;

  constructor(options: LogOptions) {
    super();
    this.level = options.level;
    this.#file = options.file;
    this.#form = options.form ?? "text";
    this.#line = lineMaker(this.#form);
    this.#lines = this.#open(options.file);
  }

  override log(level: LogLevel, message: string): void {
    this.heard?.(level, message);
    countMessage(this.counts, level);
    if (RANK[level] < RANK[this.level]) return;
    const line = this.#line(level, message);
    this.#lines.write(line);
    // Syslog has time and process in an entry's head already.
    this.also?.write(level, this.#form === "json" ? line : `[${level.toUpperCase()}] ${safeMessage(message)}`);
  }

  /** Resolves when all is in the kernel, or cannot be brought there. */
  flush(): Promise<void> {
    return this.#lines.flush();
  }
  /** The same before it returns, for the moment of exit. An exit hook does it too. */
  flushSync(): void {
    this.#lines.flushSync();
  }
  /** Opens the file anew, for log rotation. Throws `ERR_LOG_FILE`, and goes on with the old file then. */
  reopen(): void {
    this.#lines.reopen();
  }
  /** Opens what a reload asks for; lines go there once it is applied. Throws `ERR_LOG_FILE`. */
  prepare({ file, level, form = "text" }: LogOptions): { apply(): void; discard(): void } {
    // Opened even if it is the same one, for the old may have been moved away.
    const lines = file === "-" && this.#file === "-" ? this.#lines : this.#open(file);
    return {
      apply: () => {
        const old = this.#lines;
        this.level = level;
        this.#form = form;
        this.#line = lineMaker(form);
        this.#file = file;
        this.#lines = lines;
        if (old !== lines) void old.close();
      },
      discard: () => {
        if (lines !== this.#lines) void lines.close();
      },
    };
  }
  /** Flushes and closes; later messages are ignored. */
  close(): Promise<void> {
    return this.#lines.close();
  }

  #open(file: string): LineFile {
    const lost = (lines: number): void => void (this.counts.lost += lines);
    return new LineFile({ file, dashFd: 2, gatherMs: 0, note: (message) => this.warning(message), lost });
  }
}

// --- internal ---

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3, critical: 4 };
