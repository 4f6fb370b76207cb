/**
 * Adds to package-lock.json what npm left out of it: binaries for other platforms that the registry in use does not carry. Without them
 * `npm ci` refuses the lockfile everywhere. They get no integrity; where they are not for this platform, npm does not fetch them.
 * Run it after `npm install`, if `npm ci` then says "Missing: … from lock file".
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("../package-lock.json", import.meta.url));

interface Entry {
  version?: string;
  cpu?: string[];
  os?: string[];
  libc?: string[];
  dev?: boolean;
  optional?: boolean;
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(FILE, "utf8")) as { packages: Record<string, Entry> };
const added: string[] = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const locked = lockedVersion(path, name);
    if (locked === version) continue;
    const platform = platformOf(name);
    if (platform === null || !/^\d/.test(version)) {
      // npm has seen to everything that is not for one platform, and to ranges.
      if (locked !== undefined) continue;
      throw new Error(`${name}@${version}, wanted by ${path}, is not for one platform`);
    }
    const parent = locked === undefined ? "" : `${path}/`;
    lock.packages[`${parent}node_modules/${name}`] = {
      version,
      ...platform,
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
    };
    added.push(name);
  }
}
if (added.length > 0) {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
}
process.stdout.write(`${added.length} added${added.map((name) => `\n  ${name}`).join("")}\n`);

// --- internal ---

/** Looks where Node would: in the package itself, and in each folder above it. */
function lockedVersion(path: string, name: string): string | undefined {
  let folder = path;
  for (;;) {
    const found = lock.packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`];
    if (found !== undefined || folder === "") return found?.version;
    const parent = folder.lastIndexOf("/node_modules/");
    folder = parent < 0 ? "" : folder.slice(0, parent);
  }
}

/** From names such as `@scope/binding-linux-arm64-musl`. */
function platformOf(name: string): Pick<Entry, "os" | "cpu" | "libc"> | null {
  const words = name.toLowerCase();
  const os = /aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32/.exec(words)?.[0];
  const cpu = /arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64|wasm32/.exec(words)?.[0];
  if (cpu === "wasm32") return { cpu: ["wasm32"] };
  if (os === undefined || cpu === undefined) return null;
  const libc =
    os !== "linux" ? undefined : words.includes("musl") ? "musl" : words.includes("gnu") ? "glibc" : undefined;
  return { os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) };
}
