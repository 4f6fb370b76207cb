/** The error log: levels, Gunicorn's line form, and messages that cannot break or forge a line. */

import { isoTime, SecondText } from "./clock.ts";
import type { LogLevel } from "./errors.ts";
import { countMessage, type LogCounts, newLogCounts } from "./log-counts.ts";
import { LineFile } from "./line-file.ts";
import { LeveledLog } from "./log.ts";

export interface LogOptions {
  /** A path, or "-" for standard error. */
  readonly file: string;
  /** The least level that is written. */
  readonly level: LogLevel;
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

/** Writes `[2026-11-20 10:42:00 +0000] [pid] [LEVEL] message`. Every line leaves at once. */
export class LogWriter extends LeveledLog {
  level: LogLevel;
  /** A worker keeps them in its slot of the scoreboard. */
  counts: LogCounts = newLogCounts();
  /** Told of each message as well, whatever its level: for who waits for a daemon to come up. */
  heard: ((level: LogLevel, message: string) => void) | null = null;
  #lines: LineFile;
  #file: string;
  readonly #time = new SecondText(isoTime);

  constructor(options: LogOptions) {
    super();
    this.level = options.level;
    this.#file = options.file;
    this.#lines = this.#open(options.file);
  }

  override log(level: LogLevel, message: string): void {
    this.heard?.(level, message);
    countMessage(this.counts, level);
    if (RANK[level] < RANK[this.level]) return;
    this.#lines.write(
      `[${this.#time.at(Date.now())}] [${process.pid}] [${level.toUpperCase()}] ${safeMessage(message)}`,
    );
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
  prepare({ file, level }: LogOptions): { apply(): void; discard(): void } {
    // Opened even if it is the same one, for the old may have been moved away.
    const lines = file === "-" && this.#file === "-" ? this.#lines : this.#open(file);
    return {
      apply: () => {
        const old = this.#lines;
        this.level = level;
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

/**
 * Control characters become `\xHH`. Line breaks stay, for stacks are to be read, but every further line is indented, so that no message can
 * look like a line of its own.
 */
export function safeMessage(message: string): string {
  if (!SPECIAL.test(message)) return message;
  return message
    .replaceAll(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(/\n+$/, "")
    .replaceAll(/\n(?=[^ \t\n])/g, "\n  ")
    .replaceAll(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

// --- internal ---

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3, critical: 4 };

/** C0 but tab and line feed, DEL, and C1, some of which are commands to a terminal. */
const CONTROL = /(?![\t\n])\p{Cc}/gu;
const SPECIAL = /(?!\t)[\p{Cc}\u2028\u2029]/u;
