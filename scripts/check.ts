/** `npm run check`: everything that must hold before a change is handed over, one line a step, all failures at the end. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What is checked → the command. The order is cheapest first. */
const STEPS: Record<string, string> = {
  format: "oxfmt --check .",
  "native format":
    "clang-format --style=file:native/.clang-format --dry-run -Werror native/src/*.cc native/src/*.h bench/lib/*.cc",
  "lint and layers": "npm run --silent lint",
  types: "npm run --silent types",
  "generated files": "jiti scripts/check-generated.ts",
  "unit tests": "npm run --silent test:unit",
  "dead code": "knip --no-progress",
  package: "npm run --silent build:ts && publint --strict",
};

/** There, `npm test` has just run it: .ci/run. */
const DONE_IN_CI = "unit tests";

const only = process.argv.slice(2);
const failed: string[] = [];
for (const [name, command] of Object.entries(STEPS)) {
  if (only.length > 0 ? !only.includes(name) : name === DONE_IN_CI && process.env["CI"] === "true") continue;
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(command, {
    cwd: ROOT,
    shell: true,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)\n`);
  if (status === 0) continue;
  failed.push(name);
  process.stdout.write(`$ ${command}\n${stdout}${stderr}\n`);
}
if (failed.length > 0) {
  process.stdout.write(`failed: ${failed.join(", ")}\n`);
  process.exitCode = 1;
}
