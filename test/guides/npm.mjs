// `npm install` and `npm ci` on a machine of the guides: links what was installed once for all of them, and nothing that was not asked for. All other commands are npm's own.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const INSTALLED = "/opt/installed/node_modules";
const [command, ...words] = process.argv.slice(2);

if (!["install", "i", "add", "ci"].includes(command)) {
  const { status } = spawnSync(process.execPath, [process.env.REAL_NPM, command, ...words], { stdio: "inherit" });
  process.exit(status ?? 1);
}

const isGlobal = words.some((word) => word === "-g" || word === "--global");
const section = words.some((word) => word === "-D" || word === "--save-dev") ? "devDependencies" : "dependencies";
const asked = words.filter((word) => !word.startsWith("-")).map((word) => word.replace(/(?<=.)@.*/, ""));
const project = existsSync("package.json") ? JSON.parse(readFileSync("package.json", "utf8")) : {};
if (command === "ci" && !existsSync("package-lock.json")) fail("npm ci needs a package-lock.json");
if (command === "ci") rmSync("node_modules", { recursive: true, force: true });

const names =
  asked.length > 0
    ? asked
    : Object.keys({ ...project.dependencies, ...(words.includes("--omit=dev") ? {} : project.devDependencies) });
for (const name of names) install(name);
if (asked.length > 0 && !isGlobal) writeFileSync("package.json", `${JSON.stringify(project, null, 2)}\n`);
if (!isGlobal) writeFileSync("package-lock.json", `${JSON.stringify({ lockfileVersion: 3, packages: {} }, null, 2)}\n`);
process.stdout.write(`added ${names.length} packages\n`);

function install(name) {
  const source = join(INSTALLED, name);
  if (!existsSync(source)) fail(`${name} is not among what was installed: see installation.ts`);
  const { version, bin = {} } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const bins = isGlobal ? "/usr/local/bin" : "node_modules/.bin";
  mkdirSync(bins, { recursive: true });
  for (const [word, path] of Object.entries(typeof bin === "string" ? { [name]: bin } : bin))
    link(join(source, path), join(bins, word));
  if (isGlobal) return;
  mkdirSync(dirname(join("node_modules", name)), { recursive: true });
  link(source, join("node_modules", name));
  if (asked.includes(name)) project[section] = { ...project[section], [name]: `^${version}` };
}

function link(target, path) {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
