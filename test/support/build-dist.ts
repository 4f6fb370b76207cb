/** Compiles src/ into dist/ before tests that start real processes: what is spawned runs from dist/. */

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { lookForUws } from "./uws.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export default function buildDist(): void {
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.json"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  // tsc emits in spite of type errors, and `npm run check` is where they fail: here the tests may say more.
  if (status !== 0) process.stderr.write(`tsc reported:\n${stdout}${stderr}\n`);
  lookForUws(join(ROOT, "dist", "engines", "uws", "binding.js"));
}
