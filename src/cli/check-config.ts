/** `--check-config`: the settings are good if we got here; is the application? */

import { ExitStatus } from "../base/errors.ts";
import type { Settings } from "../config/settings/index.ts";
import { checkApp } from "../master/check-app.ts";
import { openCredentials } from "../master/credentials.ts";

/** Loads the application in a worker that serves nothing. 0, or 1 with the problem on standard error. Throws `ERR_TLS`. */
export async function checkConfig(settings: Settings): Promise<number> {
  await openCredentials(settings);
  const { exit, problem } = await checkApp(settings);
  if (exit === ExitStatus.OK) return ExitStatus.OK;
  console.error(`junicorn: ${problem ?? `the application cannot be loaded (status ${exit})`}`);
  return ExitStatus.FAILURE;
}
