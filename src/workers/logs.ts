/** The log files of a worker. */

import { openLineFile, openLog, type LogWriter } from "../base/log-writer.ts";
import type { Settings } from "../config/settings/index.ts";
import { compileAccessLog, type AccessLog } from "../http/access-log.ts";

export class WorkerLogs {
  readonly error: LogWriter;
  /** Null where none is wanted. */
  readonly access: AccessLog | null = null;
  readonly #accessFile: ReturnType<typeof openLineFile> | null = null;

  constructor({ errorLogfile, logLevel, accessLogfile, accessLogformat }: Settings) {
    const log = (this.error = openLog({ file: errorLogfile, level: logLevel }));
    if (accessLogfile === null) return;
    const file = (this.#accessFile = openLineFile(accessLogfile, (message) => log.warning(message)));
    this.access = compileAccessLog(accessLogformat, (line) => file.write(line));
  }

  /** Opens the files anew, for log rotation. */
  reopen(): void {
    this.error.reopen();
    this.#accessFile?.reopen();
  }

  async close(): Promise<void> {
    await Promise.all([this.#accessFile?.close(), this.error.close()]);
  }
}
