/** What `ps` shows of the processes: `junicorn: master [NAME]`. */

import type { Settings } from "../config/settings/index.ts";

/** `suffix` tells two masters apart while one succeeds the other. */
export function processTitle(
  role: "master" | "worker",
  { procName, app }: Pick<Settings, "procName" | "app">,
  suffix = "",
): string {
  return `junicorn: ${role} [${procName ?? app}${suffix}]`;
}
