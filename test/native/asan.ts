/**
 * `npm run test:native:asan`: builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer into native/build-asan/, and runs its tests and
 * a part of the fuzzing on that build. Leaks are not counted: Node itself leaves memory behind when it exits.
 */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NATIVE = fileURLToPath(new URL("../../native", import.meta.url));
const BUILD = `${NATIVE}/build-asan`;

mkdirSync(BUILD, { recursive: true });
for (const file of ["binding.gyp", "package.json"]) cpSync(`${NATIVE}/${file}`, `${BUILD}/${file}`);
if (!existsSync(`${BUILD}/src`)) symlinkSync("../src", `${BUILD}/src`);
run("node-gyp", ["rebuild", "-C", BUILD, "--sanitize=1"], {});

// The sanitizer must be in the process before anything else is, and Node was not linked with it.
const libraries = ["libasan.so", "libubsan.so"].map((name) => output("g++", [`-print-file-name=${name}`]));
const sanitized = {
  LD_PRELOAD: libraries.join(":"),
  ASAN_OPTIONS: "detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1",
  UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1",
  JUNICORN_NATIVE_PREBUILD: BUILD,
};
run("vitest", ["run", "--project", "native", ...process.argv.slice(2)], sanitized);
run("jiti", ["test/native/fuzz/main.ts", "--inputs", "100000"], sanitized);

// --- internal ---

function run(command: string, args: string[], env: Record<string, string>): void {
  process.stdout.write(`$ ${command} ${args.join(" ")}\n`);
  const { status, signal } = spawnSync(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`${command} ended with ${signal ?? `status ${status}`}`);
}

function output(command: string, args: string[]): string {
  return spawnSync(command, args, { encoding: "utf8" }).stdout.trim();
}
