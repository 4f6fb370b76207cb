/** Zig as a cross compiler for musl: one program with clang, the headers of musl, and libc++ to be linked in, which is why no machine with musl is needed. */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export function hasZig(): boolean {
  return spawnSync("zig", ["version"]).status === 0;
}

/** What node-gyp has to be told to compile for `target`, "aarch64-linux-musl". What it needs for that it writes into `folder`. */
export function zigCompilers(target: string, folder: string): Record<string, string> {
  const exported = join(folder, "exports.map");
  // Functions of libc++ that are linked in must not be taken for those of Node's own library.
  writeFileSync(exported, "{ global: napi_register_module_v1; node_api_module_get_api_version_v1; local: *; };\n");
  const options = `-target ${target} -ffunction-sections -fdata-sections`;
  return {
    CC: `zig cc ${options}`,
    CXX: `zig c++ ${options}`,
    LINK: `zig c++ ${options} -Wl,--gc-sections -Wl,--version-script=${exported} -s`,
    AR: "zig ar",
  };
}

/** All that the C library musl defines. */
export function muslSymbols(): ReadonlySet<string> {
  const { stdout } = spawnSync("zig", ["env"], { encoding: "utf8" });
  const folder = /lib_dir"?\s*[:=]\s*"([^"]+)"/.exec(stdout)?.[1];
  if (folder === undefined) throw new Error(`zig env does not tell its lib_dir: ${stdout}`);
  const list = readFileSync(resolve(folder, "libc", "musl", "libc.S"), "utf8");
  return new Set([...list.matchAll(/^\.?(?:globl|weak|WEAK64) (\w+)/gm)].map(([, name]) => name!));
}
