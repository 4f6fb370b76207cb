/** Programs of the system that tests start, in a temporary folder of their own; none outlives its test. */

import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Path of a program. A test that needs one that is not there fails, and says how it gets there. */
export function tool(name: string): string {
  for (const folder of [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next folder.
    }
  }
  throw new Error(`${name} is not installed: run "npm run install-test-tools"`);
}

/** A folder that is gone after the test. Tests that run at the same time say which one. */
export function temporaryFolder({ onTestFinished: afterwards } = { onTestFinished }): string {
  const folder = mkdtempSync(join(tmpdir(), "junicorn-"));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A program that runs until the test ends, with its children; `output` collects what it prints. */
export function startTool(name: string, args: readonly string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(tool(name), args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const pipe of [child.stdout, child.stderr])
    pipe.setEncoding("utf8").on("data", (text: string) => (output += text));
  const closed = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    try {
      // The group: a proxy's workers with it.
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await closed;
  });
  return { child, output: () => output };
}

/** Runs a program to its end; rejects if it fails. */
export async function runTool(name: string, args: readonly string[]): Promise<string> {
  const { child, output } = startTool(name, args);
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${name} ${args.join(" ")} ended with ${String(code)}:\n${output()}`);
  return output();
}
