/**
 * The C library of a newer Debian, beside the system's own, for a copy of Node: uWebSockets.js for Node 24 and 26 asks for glibc 2.38, which Debian 12 and
 * others do not have. Takes apt and dpkg, as in Debian; the packages come from the mirror that the system has its own from, and apt checks their signature.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Debian 13: glibc 2.41. */
const SUITE = "trixie";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const PACKAGES = [
  ...["libc6", "libstdc++6", "libgcc-s1"].map((name) => `${name}/${SUITE}`),
  // Of Debian 12: what 0.18 makes of a Node that has to grow for it crashes.
  "patchelf/bookworm",
];

/** Has the executable use that C library, which is put into `directory`: both are to stay where they are. Processes that it starts are as they were. */
export function useNewerGlibc(executable: string, directory: string): void {
  const { libraries, loader } = install(directory);
  const patchelf = [join(directory, "root", "usr", "bin", "patchelf")];
  // Not a "run path": what the executable loads later is to find these libraries, too.
  const options = ["--force-rpath", "--set-rpath", libraries, "--set-interpreter", loader];
  run(loader, ["--library-path", libraries, ...patchelf, ...options, executable], directory);
}

// --- internal ---

function install(directory: string): { libraries: string; loader: string } {
  const state = ["state/lists/partial", "cache/archives/partial", "etc/preferences.d"];
  for (const folder of state) mkdirSync(join(directory, folder), { recursive: true });
  const sources = join(directory, "etc", "sources.list");
  const suites = PACKAGES.map((name) => name.slice(name.indexOf("/") + 1));
  const site = mirror(directory);
  const lines = [...new Set(suites)].map((suite) => `deb [signed-by=${KEYRING}] ${site} ${suite} main\n`);
  writeFileSync(sources, lines.join(""));
  const own = {
    "Dir::Etc::SourceList": sources,
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::Etc::PreferencesParts": join(directory, "etc", "preferences.d"),
    "Dir::State": join(directory, "state"),
    "Dir::State::status": "/dev/null",
    "Dir::Cache": join(directory, "cache"),
    "APT::Sandbox::User": "", // nobody else can write into this folder
  };
  const options = Object.entries(own).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  run("apt-get", [...options, "--quiet", "update"], directory);
  run("apt-get", [...options, "--quiet", "download", ...PACKAGES], directory);
  const root = join(directory, "root");
  const debs = readdirSync(directory).filter((name) => name.endsWith(".deb"));
  for (const deb of debs) run("dpkg-deb", ["--extract", deb, root], directory);
  const [triplet = ""] = readdirSync(join(root, "usr", "lib")).filter((name) => name.endsWith("-linux-gnu"));
  const libraries = join(root, "usr", "lib", triplet);
  const loader = readdirSync(libraries).find((name) => name.startsWith("ld-linux-"));
  if (loader === undefined) throw new Error(`libc6 of Debian's ${SUITE} has no ld-linux in ${libraries}`);
  return { libraries, loader: join(libraries, loader) };
}

function mirror(directory: string): string {
  const sites = run("apt-get", ["indextargets", "--format", "$(SITE)", "Created-By: Packages"], directory).split("\n");
  const found = sites.find((site) => /\/debian\/?$/.test(site));
  if (found === undefined)
    throw new Error("--glibc takes Debian: apt has no source here whose address ends in /debian");
  return found;
}

/** What it prints. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`--glibc: ${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
  return stdout;
}
