/** Who runs where: the server on the first core or two, the client on the next, if there is one. */

import { allowedCpus } from "../../src/measure/server/cpu-list.ts";
import { has } from "../../src/measure/server/fleet.ts";

/** As taskset spells them; undefined: where there is room. */
export type Cores = string | undefined;

export interface Placement {
  readonly server: Cores;
  readonly client: Cores;
}

/** What a scenario gets that wants so many cores for the server. Without a core for the client, that one runs where there is room. */
export function placementFor(cores: number, available: readonly number[] = allowedCpus()): Placement {
  if (available.length < Math.max(2, cores) || !has("taskset")) return { server: undefined, client: undefined };
  return { server: available.slice(0, cores).join(","), client: available[cores]?.toString() };
}
