/** Why a process broke, read from memory that it shared. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished, test } from "vitest";
import { Break, Remains, type CrashRecord } from "../../src/ipc/last-words.ts";
import { Crash } from "../../src/ipc/scoreboard-layout.ts";
import { native } from "../../src/native.ts";

const ADDON = fileURLToPath(new URL("../../native", import.meta.url));
const addon = native();

/** Runs `script` in a process that records its crashes. */
async function crash(
  script: string,
  ...options: string[]
): Promise<{ record: CrashRecord | null; signal: unknown; out: string }> {
  const memory = addon.createSharedMemory("crash", Crash.SIZE);
  onTestFinished(() => addon.close(memory));
  const area = new Uint8Array(addon.mapSharedMemory(memory, Crash.SIZE));
  const start = `require("node-gyp-build")(${JSON.stringify(ADDON)})`;
  const child = spawn(
    process.execPath,
    [
      ...options,
      "-e",
      `const addon = ${start}; addon.recordCrashes(new Uint8Array(addon.mapSharedMemory(3, ${Crash.SIZE}))); ${script}`,
    ],
    { stdio: ["ignore", "pipe", "ignore", memory] },
  );
  let out = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (out += text));
  const [, signal] = (await once(child, "close")) as [unknown, unknown];
  return { record: new Remains(new Uint8Array(16), area).crash, signal, out };
}

it("says what V8 says when the heap is full", async () => {
  const { record, signal } = await crash(
    "const all = []; for (;;) all.push(new Array(1000).fill(0.5));",
    "--max-old-space-size=20",
  );
  expect(signal).toBe("SIGABRT");
  expect(record).toMatchObject({ kind: Break.HEAP, text: expect.stringMatching(/heap/i) as string });
});

it("says where the code was that the processor refused to run", async () => {
  const { record, signal } = await crash("new Function('%SystemBreak()')();", "--allow-natives-syntax");
  expect(signal).toMatch(/^SIG(TRAP|ILL)$/);
  expect(record).toMatchObject({ kind: Break.FAULT, sender: 0 });
  expect(record!.text).toContain("/node");
});

it("says who sent the signal", async () => {
  const { record, signal } = await crash("process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000);");
  expect(signal).toBe("SIGSEGV");
  expect(record).toMatchObject({ kind: Break.FAULT, signal: 11, text: "" });
  expect(record!.code).toBeLessThanOrEqual(0);
  expect(record!.sender).toBeGreaterThan(0);
});

/** (module (memory 1) (func (export "f") (param i32) (result i32) local.get 0 i32.load)) */
const LOAD = "0061736d0100000001060160017f017f030201000503010001070501016600000a0901070020002802000b";

test("WebAssembly that reads beyond its memory throws as ever", async () => {
  const { signal, out } = await crash(
    `const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from("${LOAD}", "hex")));
     try { exports.f(-1 >>> 1); } catch (error) { console.log(error.constructor.name); }`,
  );
  expect({ signal, out }).toEqual({ signal: null, out: "RuntimeError\n" });
});

it("leaves a process that ends well alone, and can be had once", async () => {
  const again = "try { addon.recordCrashes(new Uint8Array(512)); } catch (error) { console.log(error.code); }";
  expect(await crash(again)).toEqual({ record: null, signal: null, out: "ERR_CRASH_RECORD\n" });
  expect(() => addon.recordCrashes(new Uint8Array(8))).toThrow(RangeError);
});
