/** Runs every generator and fails if a committed file changes: `npm run check` calls it. Restores nothing: the new text is what to commit. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** npm script → the files that it writes. */
const GENERATED: Record<string, readonly string[]> = {
  "docs:settings": ["docs/settings.md"],
  "docs:benchmarks": ["docs/benchmarks.md", "README.md"],
};

const stale: string[] = [];
for (const [script, files] of Object.entries(GENERATED)) {
  const before = files.map(read);
  const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", script], { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm run ${script} failed:\n${stdout}${stderr}`);
  for (const [index, file] of files.entries())
    if (read(file) !== before[index])
      stale.push(`${file} was not current; npm run ${script} has rewritten it: commit it`);
}
if (stale.length > 0) {
  process.stderr.write(`${stale.join("\n")}\n`);
  process.exitCode = 1;
}

// --- internal ---

function read(file: string): string {
  const path = join(ROOT, file);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
