/** The logs of a worker: files, and syslog where it is wanted. */

import type { LogCounts } from "../base/log-counts.ts";
import { logOptions, openLineFile, openLog, type LogWriter } from "../base/log-writer.ts";
import type { Settings } from "../config/settings/index.ts";
import { capturedOutput, type CapturedOutput } from "../ipc/captured-output.ts";
import { type Syslog, syslogFor } from "../net/syslog.ts";
import { filterAccessLog } from "../http/access-log/filter.ts";
import { jsonAccessLog } from "../http/access-log/json.ts";
import { compileAccessLog, type AccessLog } from "../http/access-log.ts";

export class WorkerLogs {
  readonly error: LogWriter;
  /** Null where none is wanted. */
  readonly access: AccessLog | null = null;
  readonly #output: CapturedOutput | null;
  readonly #accessFile: ReturnType<typeof openLineFile> | null;
  readonly #syslog: Syslog | null;

  constructor(settings: Settings) {
    const { accessLogfile, accessLogformat, accessLogFilter, logFormat, disableRedirectAccessToSyslog } = settings;
    // The master's output is captured before it starts a worker, so ours is by now.
    this.#output = capturedOutput(settings);
    const log = (this.error = openLog(logOptions(settings)));
    const note = (message: string): void => log.warning(message);
    const lost = (lines: number): void => void (log.counts.lost += lines);
    const syslog = (this.#syslog = syslogFor(settings, { note, lost }));
    log.also = syslog?.sink("error") ?? null;
    const file = (this.#accessFile = accessLogfile === null ? null : openLineFile(accessLogfile, note, lost));
    const sink = disableRedirectAccessToSyslog ? null : (syslog?.sink("access") ?? null);
    if (file === null && sink === null) return;
    const both = (line: string): void => {
      file?.write(line);
      sink?.write("info", line);
    };
    const write = file === null || sink !== null ? both : (line: string): void => file.write(line);
    const accessLog = logFormat === "json" ? jsonAccessLog(write) : compileAccessLog(accessLogformat, write);
    this.access = filterAccessLog(accessLog, accessLogFilter);
  }

  /** Counts go there from now on. */
  countInto(counts: LogCounts): void {
    this.error.counts = counts;
  }

  /** Opens the files anew, for log rotation. Where that fails, the old file stays in use. */
  reopen(): void {
    const steps = [() => this.error.reopen(), () => this.#accessFile?.reopen(), () => this.#output?.redirect()];
    for (const step of steps) {
      try {
        step();
      } catch (error) {
        this.error.error((error as Error).message);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#accessFile?.close(), this.error.close(), this.#syslog?.close()]);
  }
}
