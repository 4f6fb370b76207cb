/** The load for servers that close each connection: close-load.cc, compiled when it is first needed. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadResult } from "../../src/measure/load/options.ts";
import type { Fleet } from "../../src/measure/server/fleet.ts";
import type { LoadOptions } from "./load.ts";

export function closeLoad({ at, connections, seconds }: LoadOptions, fleet: Fleet): string[] {
  return [(program ??= compile(fleet)), String(at), String(Math.min(connections, MOST_AT_ONCE)), String(seconds)];
}

export function readCloseLoad(output: string, connections: number): LoadResult {
  const said = JSON.parse(output) as Record<"requests" | "seconds" | "p50" | "p99" | "errors" | "clientCore", number>;
  const { requests, seconds, p50, p99, errors, clientCore } = said;
  return {
    ...{ driver: "close-load", connections, rate: null, seconds, requests, requestsPerSecond: requests / seconds },
    ...{ bytesPerSecond: 0, histogram: [], errors, firstError: errors === 0 ? null : "connections that failed" },
    latency: { mean: p50, p50, p90: p99, p99, p99_9: p99, max: p99 },
    ...{ clientCore, clientLate: null },
  };
}

// --- internal ---

/** Enough to keep a worker busy that serves one at a time; the client looks at each of them again and again. */
const MOST_AT_ONCE = 16;

let program: string | undefined;

/** With the compiler that the addon needs as well. */
function compile(fleet: Fleet): string {
  const folder = fleet.makeFolder("bench");
  const source = fileURLToPath(new URL("close-load.cc", import.meta.url));
  const output = join(folder, "close-load");
  execFileSync("c++", ["-O2", "-std=c++17", "-o", output, source]);
  return output;
}
