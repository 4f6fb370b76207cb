/**
 * `npm run prebuild` builds the addon and puts the binary where a package carries it, native/prebuilds/; npm runs it before `npm run build`.
 * Node-API makes it one for every version of Node. `-- --built` takes the one that is built already. `-- linux-arm64 linux-x64-musl …` (or `-- all`)
 * builds those of other platforms in containers of theirs: that takes Docker or Podman, with emulation (qemu-user-static) for other processors.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BUILT = join(ROOT, "native", "build", "Release", "junicorn.node");

/** Platform → the image that builds for it, and what Docker calls it. The oldest glibc that a supported Node runs on serves all newer ones. */
const IMAGES: Record<string, { image: string; platform: string; prepare: string }> = {
  "linux-x64": { image: "node:20-bullseye", platform: "linux/amd64", prepare: "true" },
  "linux-arm64": { image: "node:20-bullseye", platform: "linux/arm64", prepare: "true" },
  "linux-x64-musl": { image: "node:20-alpine", platform: "linux/amd64", prepare: "apk add g++ make python3" },
  "linux-arm64-musl": { image: "node:20-alpine", platform: "linux/arm64", prepare: "apk add g++ make python3" },
};

const wanted = process.argv.slice(2);
const built = wanted.length === 1 && wanted[0] === "--built";
if (wanted.length === 0) run("npm", ["run", "--silent", "build:native"]);
if (wanted.length === 0 || built) keepBuilt();
else for (const name of wanted.includes("all") ? Object.keys(IMAGES) : wanted) buildInContainer(name);

// --- internal ---

/** Where node-gyp-build looks: prebuilds/linux-x64/junicorn.glibc.node. */
function placeOf(platform: string, libc: string): string {
  return join(ROOT, "native", "prebuilds", platform, `junicorn.${libc}.node`);
}

function keepBuilt(): void {
  const musl = readFileSync(BUILT).includes("libc.musl-");
  const place = placeOf(`${process.platform}-${process.arch}`, musl ? "musl" : "glibc");
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(BUILT, place);
  // Names of functions inside are of no use to anybody but its debuggers. Without strip it is merely larger.
  spawnSync("strip", ["--strip-unneeded", place]);
  tell(place);
}

/** The sources are copied, so that nothing that was built for this machine gets in the way, and nothing is left in the tree by another user. */
function buildInContainer(name: string): void {
  const target = IMAGES[name];
  if (target === undefined)
    throw new Error(`there is no platform ${name}; there are: ${Object.keys(IMAGES).join(", ")}, all`);
  const script = [
    target.prepare,
    "mkdir /build && cd /source && cp -r package.json package-lock.json .npmrc native scripts /build",
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

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `status ${status}`}`);
}

function tell(place: string): void {
  process.stdout.write(`${relative(ROOT, place)} (${Math.round(statSync(place).size / 1024)} KiB)\n`);
}
