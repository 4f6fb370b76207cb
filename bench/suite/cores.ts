/** Who runs where: the server on the first core or two, the client on the next, if there is one. */

import { readFileSync } from "node:fs";
import { has } from "../../src/measure/server/fleet.ts";

/** As taskset spells them; undefined: where there is room. */
export type Cores = string | undefined;

export interface Placement {
  readonly server: Cores;
  readonly client: Cores;
}

/** What a scenario gets that wants so many cores for the server. Without a core for the client, that one runs where there is room. */
export function placementFor(cores: number, available: readonly number[] = availableCores()): Placement {
  if (available.length < Math.max(2, cores) || !has("taskset")) return { server: undefined, client: undefined };
  return { server: available.slice(0, cores).join(","), client: available[cores]?.toString() };
}

/** "0-3,8" as [0, 1, 2, 3, 8]. */
export function parseCores(list: string): number[] {
  return list
    .trim()
    .split(",")
    .flatMap((part) => {
      const [from = 0, to = from] = part.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

// --- internal ---

/** Those that this process may use: a container may have few of the machine's. */
function availableCores(): number[] {
  const status = readFileSync("/proc/self/status", "utf8");
  return parseCores(/^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "0");
}
