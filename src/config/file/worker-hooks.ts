/** The hooks that run in workers. Functions cannot be sent to another process, so each worker that needs them loads the config file itself. */

import { WORKER_HOOKS } from "../../base/worker-hooks.ts";
import type { WorkerHooks } from "../hook-types.ts";
import { fromFile } from "../sources.ts";
import { loadConfigFile } from "./load.ts";

/** What of the config file `file` is called in workers. Throws `ERR_CONFIG_FILE` and whatever else reading the settings can throw. */
export async function loadWorkerHooks(file: string): Promise<WorkerHooks> {
  const given = fromFile(file, await loadConfigFile(file));
  const names: readonly string[] = WORKER_HOOKS;
  return Object.fromEntries(given.filter(({ name }) => names.includes(name)).map((one) => [one.name, one.read()]));
}
