/** What a binary of the addon asks for of its C and C++ libraries: not more than the oldest systems have on which Node runs, nor than musl has. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Symbols that older systems with glibc lack: "GLIBC_2.34", … Versions are named in the binary. */
export function tooNewFor(file: string): string[] {
  return Object.entries(NEWEST_SYMBOLS).flatMap(([library, newest]) => symbolsOver(file, library, newest));
}

/** What neither musl nor Node has. `muslSymbols`: names that musl defines. It has to bring its C++ library with it, and is to show nobody a function of that. */
export function notFoundOnMusl(file: string, muslSymbols: ReadonlySet<string>): string[] {
  const libraries = dynamicOf(file).filter((name) => name !== "libc.so");
  const wanted = namesOf(file, "--undefined-only").filter((name) => !muslSymbols.has(name) && !NODES_OWN.test(name));
  const shown = namesOf(file, "--defined-only").filter((name) => !NODES_OWN.test(name));
  return [...libraries, ...wanted, ...shown.map((name) => `${name} (which it exports)`)];
}

// --- internal ---

/** What the binaries of Node 20 to 26 ask for, and so the most that the addon may. `native/src/old-systems.cc` sees to it. */
const NEWEST_SYMBOLS: Record<string, readonly number[]> = { GLIBC: [2, 28], GLIBCXX: [3, 4, 25] };

/** Functions that Node exports for addons, and those that it looks for in one. */
const NODES_OWN = /^(?:napi|node_api|uv|llhttp)_/;

/** Versions of symbols are named in the binary: GLIBC_2.17. */
function symbolsOver(file: string, library: string, newest: readonly number[]): string[] {
  const names = readFileSync(file, "latin1").match(new RegExp(`\\b${library}_\\d[\\d.]*`, "g")) ?? [];
  return [...new Set(names)].filter((name) => {
    const version = name
      .slice(library.length + 1)
      .split(".")
      .map(Number);
    const at = version.findIndex((part, index) => part !== (newest[index] ?? 0));
    return at >= 0 && (version[at] ?? 0) > (newest[at] ?? 0);
  });
}

/** The libraries that it has loaded with it. */
function dynamicOf(file: string): string[] {
  return [...run("readelf", ["--dynamic", "--wide", file]).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name!);
}

function namesOf(file: string, which: string): string[] {
  return run("nm", ["--dynamic", "--format=posix", which, file])
    .split("\n")
    .map((line) => line.split(" ", 1)[0]!)
    .filter((name) => name !== "");
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr} (binutils has it)`);
  return stdout;
}
