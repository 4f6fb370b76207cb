/** The load of a compare: in a closed loop, with wrk where that is installed. */

import { closedLoopDriver, load as loadWith, runClient } from "../../src/measure/load/load.ts";
import type { LoadResult } from "../../src/measure/load/options.ts";
import { type Fleet, pinned } from "../../src/measure/server/fleet.ts";
import type { Endpoint } from "../../src/measure/server/ready.ts";
import { closeLoad, readCloseLoad } from "./close-load.ts";

export interface LoadOptions {
  readonly at: Endpoint;
  readonly connections: number;
  readonly seconds: number;
  /** The client's core, or several as taskset spells them. */
  readonly cores: number | string;
  /** JSON to post; without it, GETs. */
  readonly post?: string | undefined;
  /** One request a connection. */
  readonly closes?: boolean | undefined;
}

export async function load(options: LoadOptions, fleet: Fleet): Promise<LoadResult> {
  const { at, connections, seconds, cores, post, closes } = options;
  if (closes) {
    const { output } = await runClient(pinned(closeLoad(options, fleet), cores), seconds, fleet);
    return readCloseLoad(output, connections);
  }
  const posting = { method: "POST", body: post ?? "", headers: { "Content-Type": "application/json" } };
  const request = post === undefined ? {} : posting;
  return loadWith({ at, connections, seconds, cores, driver: closedLoopDriver(), ...request }, fleet);
}
