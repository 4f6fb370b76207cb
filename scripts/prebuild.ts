/**
 * `npm run prebuild` builds the addon and puts the binary where a package carries it, native/prebuilds/; npm runs it before `npm run build`.
 * Node-API makes it one for every version of Node. `-- --built` takes the one that is built already. `-- linux-arm64 linux-x64-musl …` (or `-- all`)
 * builds those of other platforms: with a cross compiler, where the table has one and it is installed (for musl that is zig), else in a container of theirs,
 * which takes Docker or Podman, with emulation (qemu-user-static) for other processors. Those are refused if they would not load on the oldest systems that
 * Node supports; of the machine's own that is only said, for here it loads.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { notFoundOnMusl, tooNewFor } from "./prebuild-symbols.ts";
import { hasZig, muslSymbols, zigCompilers } from "./zig.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BUILT = join(ROOT, "native", "build", "Release", "junicorn.node");

interface Target {
  image: string;
  platform: string;
  prepare: string;
  /** What the names of the cross compiler's programs begin with: in Debian it is the package g++-aarch64-linux-gnu. */
  cross?: string;
  /** What zig calls it. */
  zig?: string;
}

/** Platform → the image that builds for it, and what Docker calls it. */
const TARGETS: Record<string, Target> = {
  "linux-x64": { image: "node:20-bullseye", platform: "linux/amd64", prepare: "true" },
  "linux-arm64": {
    image: "node:20-bullseye",
    platform: "linux/arm64",
    prepare: "true",
    cross: "aarch64-linux-gnu-",
  },
  "linux-x64-musl": {
    image: "node:20-alpine",
    platform: "linux/amd64",
    prepare: "apk add g++ make python3",
    zig: "x86_64-linux-musl",
  },
  "linux-arm64-musl": {
    image: "node:20-alpine",
    platform: "linux/arm64",
    prepare: "apk add g++ make python3",
    zig: "aarch64-linux-musl",
  },
};

const wanted = process.argv.slice(2);
const built = wanted.length === 1 && wanted[0] === "--built";
if (wanted.length === 0) run("npm", ["run", "--silent", "build:native"]);
if (wanted.length === 0 || built) keep(BUILT, `${process.platform}-${process.arch}`, "strip");
else for (const name of wanted.includes("all") ? Object.keys(TARGETS) : wanted) buildFor(name);

// --- internal ---

/** Where node-gyp-build looks: prebuilds/linux-x64/junicorn.glibc.node. */
function placeOf(platform: string, libc: string): string {
  return join(ROOT, "native", "prebuilds", platform, `junicorn.${libc}.node`);
}

function keep(binary: string, platform: string, strip: string): void {
  const musl = readFileSync(binary).includes("libc.musl-");
  const place = placeOf(platform, musl ? "musl" : "glibc");
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(binary, place);
  // Names of functions inside are of no use to anybody but its debuggers. Without strip it is merely larger.
  spawnSync(strip, ["--strip-unneeded", place]);
  tell(place);
}

function buildFor(name: string): void {
  const target = TARGETS[name];
  if (target === undefined)
    throw new Error(`there is no platform ${name}; there are: ${Object.keys(TARGETS).join(", ")}, all`);
  const { cross, zig } = target;
  if (zig !== undefined && hasZig()) buildWithZig(name, zig);
  else if (cross !== undefined && spawnSync(`${cross}g++`, ["--version"]).status === 0) crossCompile(name, cross);
  else buildInContainer(name, target);
}

function crossCompile(name: string, cross: string): void {
  const compilers = { CC: `${cross}gcc`, CXX: `${cross}g++`, LINK: `${cross}g++`, AR: `${cross}ar` };
  inFolder((folder) => keep(compileIn(folder, name, compilers), name, `${cross}strip`));
}

function buildWithZig(name: string, zig: string): void {
  inFolder((folder) => {
    const binary = compileIn(join(folder, "native"), name, zigCompilers(zig, folder));
    const problems = notFoundOnMusl(binary, muslSymbols());
    if (problems.length > 0) throw new Error(`the addon for ${name} would not load: ${problems.join(", ")}`);
    const place = placeOf(name.replace(/-musl$/, ""), "musl");
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(binary, place);
    tell(place);
  });
}

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "junicorn-prebuild-"));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In a folder of its own, so that what is built for this machine stays. The binary. */
function compileIn(folder: string, name: string, compilers: Record<string, string>): string {
  const native = join(ROOT, "native");
  cpSync(native, folder, {
    recursive: true,
    filter: (from) => !/^(?:build|prebuilds)$/.test(relative(native, from)),
  });
  const modules = [join(ROOT, "node_modules"), process.env["NODE_PATH"] ?? ""].join(delimiter);
  const arch = name.split("-")[1] ?? "";
  run("npm", ["run", "--silent", "build:native", "--", "-C", folder, `--arch=${arch}`], {
    ...compilers,
    NODE_PATH: modules,
  });
  return join(folder, "build", "Release", "junicorn.node");
}

/** The sources are copied, so that nothing that was built for this machine gets in the way, and nothing is left in the tree by another user. */
function buildInContainer(name: string, target: Target): void {
  const script = [
    target.prepare,
    "mkdir /build && cd /source && cp -r package.json package-lock.json native scripts /build",
    "cd /build && rm -rf native/build native/prebuilds && npm ci --ignore-scripts && npm run prebuild",
    "cp -r native/prebuilds/. /prebuilds && chown -R $OWNER /prebuilds",
  ].join(" && ");
  const prebuilds = join(ROOT, "native", "prebuilds");
  mkdirSync(prebuilds, { recursive: true });
  const { uid, gid } = statSync(prebuilds);
  const mounts = ["-v", `${ROOT}:/source:ro`, "-v", `${prebuilds}:/prebuilds`, "-e", `OWNER=${uid}:${gid}`];
  const engine = spawnSync("docker", ["--version"]).status === 0 ? "docker" : "podman";
  run(engine, ["run", "--rm", "--platform", target.platform, ...mounts, target.image, "sh", "-ec", script]);
  const [os = "", cpu = "", libc = "glibc"] = name.split("-");
  tell(placeOf(`${os}-${cpu}`, libc));
}

function run(command: string, args: readonly string[], variables: Record<string, string> = {}): void {
  const env = { ...process.env, ...variables };
  const { status, error } = spawnSync(command, args, { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `status ${status}`}`);
}

function tell(place: string): void {
  const name = relative(ROOT, place);
  process.stdout.write(`${name} (${Math.round(statSync(place).size / 1024)} KiB)\n`);
  const tooNew = tooNewFor(place);
  if (tooNew.length === 0) return;
  const problem = `${name} asks for ${tooNew.join(", ")}, which older systems do not have (native/src/old-systems.cc)`;
  if (wanted.length === 0 || built) process.stdout.write(`${problem}\n`);
  else {
    rmSync(place);
    throw new Error(problem);
  }
}
