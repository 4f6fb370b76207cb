/** Runs every generator and fails if a committed file changes: `npm run check` calls it. Restores nothing: the new text is what to commit. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** npm script that writes it → the file. */
const GENERATED: Record<string, string> = {
  "docs:settings": "docs/settings.md",
};

const stale: string[] = [];
for (const [script, file] of Object.entries(GENERATED)) {
  const before = read(file);
  const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", script], { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm run ${script} failed:\n${stdout}${stderr}`);
  if (read(file) !== before) stale.push(`${file} was not current; npm run ${script} has rewritten it: commit it`);
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
