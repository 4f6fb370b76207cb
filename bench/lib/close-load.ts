/** The load for servers that close each connection: close-load.cc, compiled when it is first needed. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadOptions, LoadResult } from "./load.ts";

export function closeLoad({ at, connections, seconds }: LoadOptions): string[] {
  return [(program ??= compile()), String(at), String(Math.min(connections, MOST_AT_ONCE)), String(seconds)];
}

export function readCloseLoad(output: string): LoadResult {
  const { requests, seconds, p50, p99, errors, clientCore } = JSON.parse(output) as Record<string, number>;
  return {
    requestsPerSecond: requests! / seconds!,
    requests: requests!,
    p50Milliseconds: p50!,
    p99Milliseconds: p99!,
    errors: errors!,
    clientCore: clientCore!,
  };
}

// --- internal ---

/** Enough to keep a worker busy that serves one at a time; the client looks at each of them again and again. */
const MOST_AT_ONCE = 16;

let program: string | undefined;

/** With the compiler that the addon needs as well. */
function compile(): string {
  const folder = mkdtempSync(join(tmpdir(), "junicorn-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const source = fileURLToPath(new URL("close-load.cc", import.meta.url));
  const output = join(folder, "close-load");
  execFileSync("c++", ["-O2", "-std=c++17", "-o", output, source]);
  return output;
}
