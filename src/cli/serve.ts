/** Serves an application until it is told to stop, in this process or in a daemon. */

import { inspect } from "node:util";

import { logOptions, openLog } from "../base/log-writer.ts";
import { ExitStatus, rowOf } from "../base/errors.ts";
import type { Settings } from "../config/settings/index.ts";
import type { MasterHost } from "../master/host.ts";
import { Master } from "../master/master.ts";
import { heedEarlySignals } from "./early-signals.ts";

/** Resolves with the exit status. */
export async function serve(settings: Settings, host: MasterHost): Promise<number> {
  if (settings.daemon) {
    const { detach, mustDetach } = await import("../master/daemon.ts");
    if (mustDetach(host.invocation.environment)) {
      // The daemon could tell nobody that it cannot open its log.
      await openLog(logOptions(settings)).close();
      return await detach(host.invocation, (text) => console.error(`junicorn: ${text}`));
    }
  }
  const log = openLog(logOptions(settings));
  try {
    const master = new Master(settings, log, host);
    if (process.pid === 1) heedEarlySignals(() => master.listeners === null);
    return await master.run();
  } catch (error) {
    const row = rowOf(error);
    if (row !== undefined) {
      log.log(row.level, (error as Error).message);
      return row.exit ?? ExitStatus.FAILURE;
    }
    log.critical(`The master failed: ${inspect(error)}`);
    return ExitStatus.FAILURE;
  } finally {
    await log.close();
  }
}
