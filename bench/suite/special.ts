/** Loads that are not requests one after another. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { runClient } from "../../src/measure/load/load.ts";
import type { LoadOptions, LoadResult } from "../../src/measure/load/options.ts";
import { type Fleet, pinned } from "../../src/measure/server/fleet.ts";
import type { Cores } from "./cores.ts";

const SLOW_CLIENTS = 1000;

export async function loadWebSockets(options: LoadOptions, fleet: Fleet): Promise<LoadResult> {
  const command = pinned([process.execPath, script("websocket-client.mjs")], options.cores);
  const { output } = await runClient(command, options.seconds, fleet, JSON.stringify(options));
  return JSON.parse(output) as LoadResult;
}

/** Resolves when the slow clients are connected, with what ends them. */
export async function holdSlowClients(port: number, cores: Cores, fleet: Fleet): Promise<() => Promise<void>> {
  const command = pinned([process.execPath, script("slow-client.mjs"), String(port), String(SLOW_CLIENTS)], cores);
  const [program = "", ...args] = command;
  const child = spawn(program, args, { detached: true, stdio: ["pipe", "pipe", "inherit"] });
  fleet.adopt(child);
  const gone = once(child, "close");
  await Promise.race([once(child.stdout, "data"), gone]);
  return async () => {
    child.stdin.end();
    await gone;
  };
}

// --- internal ---

function script(name: string): string {
  return fileURLToPath(new URL(`../lib/${name}`, import.meta.url));
}
