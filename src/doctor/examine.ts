/** The doctor: a table of checks, and all that they find. */

import type { Finding, Result, Subject } from "./finding.ts";
import { checkCertificates } from "./certificates.ts";
import { checkCpus, checkFiles, checkMemory } from "./capacity.ts";
import { checkAddon, checkApplication, checkNode, checkUws } from "./installation.ts";
import { checkPaths } from "./paths.ts";
import { checkNodeEnv, checkPidOne, checkUser } from "./processes.ts";
import { checkForwarded, checkKeepAlive } from "./proxies.ts";
import { checkBacklog, checkPorts, checkReach } from "./sockets.ts";

/** Looks at everything, in the order of the table. */
export async function examine(subject: Subject): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const [check, look] of CHECKS) {
    for (const { level, text, fix } of await look(subject)) found.push({ check, level, text, fix });
  }
  return found;
}

// --- internal ---

/** Name → check. One that has nothing to say finds nothing. */
const CHECKS: readonly (readonly [string, (subject: Subject) => Result[] | Promise<Result[]>])[] = [
  ["node", checkNode],
  ["addon", checkAddon],
  ["uws", checkUws],
  ["application", checkApplication],
  ["address", checkPorts],
  ["reach", checkReach],
  ["backlog", checkBacklog],
  ["open files", checkFiles],
  ["memory", checkMemory],
  ["CPUs", checkCpus],
  ["keep-alive", checkKeepAlive],
  ["trust", checkForwarded],
  ["certificates", checkCertificates],
  ["paths", checkPaths],
  ["process 1", checkPidOne],
  ["user", checkUser],
  ["NODE_ENV", checkNodeEnv],
];
