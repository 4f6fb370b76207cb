/** `--check-config`: the settings are good if we got here; is the application? */

import { ExitStatus } from "../base/errors.ts";
import type { Settings } from "../config/settings/index.ts";
import { accountsOf } from "../master/accounts.ts";
import { checkApp } from "../master/check-app.ts";
import { openCredentials } from "../master/credentials.ts";

/** Loads the application in a worker that serves nothing. 0, or 1 with the problem on standard error. Throws `ERR_TLS` and `ERR_ACCOUNT`. */
export async function checkConfig(settings: Settings): Promise<number> {
  // Only that they exist: who tries a configuration may be another user than the one who starts the server.
  accountsOf(settings);
  await openCredentials(settings);
  const { exit, problem } = await checkApp(settings);
  if (exit === ExitStatus.OK) return ExitStatus.OK;
  console.error(`junicorn: ${problem ?? `the application cannot be loaded (status ${exit})`}`);
  return ExitStatus.FAILURE;
}
