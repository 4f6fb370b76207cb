/** `--check-config` and `--preload`: loads the application and serves nothing. */

import { openLog } from "../base/log-writer.ts";
import type { Settings } from "../config/settings/index.ts";
import { Service } from "../http/service.ts";
import { NO_TELEMETRY } from "../http/telemetry.ts";
import type { WorkerIdentity } from "../ipc/protocol.ts";
import type { ApplicationLoader } from "./application.ts";
import { become } from "./identity.ts";

/** What the application is, in words. */
export async function checkApplication(
  settings: Settings,
  identity: WorkerIdentity | null,
  loader: ApplicationLoader,
): Promise<string> {
  if (identity !== null) become(identity);
  const log = openLog({ file: settings.errorLogfile, level: settings.logLevel });
  const service = new Service({ log, accessLog: null, telemetry: NO_TELEMETRY });
  const { loaded } = await loader.load(settings, service, log);
  return loaded.description;
}
