/** Runs the commands that docs/tune.md shows, in examples/tune, and puts what they print in place of what stands there: `npm run docs:tune`, two minutes on a quiet machine. */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { shellSplit } from "../src/config/argv/shell-split.ts";

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const file = path("docs/tune.md");
const parts = readFileSync(file, "utf8").split(/^(```\n\$ junicorn .*\n[^]*?^```$)/m);
writeFileSync(file, parts.map((part, i) => (i % 2 === 0 ? part : block(part))).join(""));

// --- internal ---

function block(text: string): string {
  const line = text.split("\n")[1]!.slice("$ ".length);
  const [, ...args] = shellSplit(line, file);
  process.stderr.write(`${line}\n`);
  const { status, stdout } = spawnSync(process.execPath, [path("dist/cli/main.js"), ...args], {
    cwd: path("examples/tune"),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`${line}: exit status ${status}`);
  return `\`\`\`\n$ ${line}\n${stdout.trimEnd()}\n\`\`\``;
}
