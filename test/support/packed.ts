/** The package as `npm pack` makes it, with the addon as it was built. */

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);

export interface Packed {
  /** The tarball. */
  readonly path: string;
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

export function packInto(folder: string): Packed {
  const jiti = join(dirname(require.resolve("jiti/package.json")), "lib", "jiti-cli.mjs");
  // It was built at `npm ci`, or since: what is tested is the package.
  execFileSync(process.execPath, [jiti, "scripts/prebuild.ts", "--built"], { cwd: ROOT });
  const options = ["--json", "--ignore-scripts", "--pack-destination", folder];
  const output = execFileSync("npm", ["pack", ...options], { cwd: ROOT, encoding: "utf8", stdio: "pipe" });
  const [{ filename, size, files }] = JSON.parse(output) as [{ filename: string } & Omit<Packed, "path">];
  return { path: join(folder, filename), size, files };
}
