/** The watchdog: stacks of threads that spin, asked for from another process, and everything about stopping. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { native } from "../../src/native.ts";
import { poll } from "../support/poll.ts";

const ADDON = fileURLToPath(new URL("../../native", import.meta.url));
const SIZE = 64 * 1024;
const addon = native();

/** Starts a process whose watchdog writes into our memory, and that runs `script` after saying "ready". Returns what asks for its stack. */
async function spin(script: string): Promise<() => Promise<string>> {
  const memory = addon.createSharedMemory("watchdog", SIZE);
  const event = addon.createEvent();
  const area = addon.mapSharedMemory(memory, SIZE);
  const words = new Int32Array(area);
  const child = spawn(
    process.execPath,
    [
      "-e",
      `const addon = require("node-gyp-build")(${JSON.stringify(ADDON)});
       const problem = addon.startWatchdog(4, new Uint8Array(addon.mapSharedMemory(3, ${SIZE})));
       require("node:fs").writeSync(1, problem || "ready");
       ${script}`,
    ],
    { stdio: ["ignore", "pipe", "inherit", memory, event] },
  );
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
    addon.close(memory);
    addon.close(event);
  });
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  expect(line.toString()).toBe("ready");
  return async () => {
    const before = Atomics.load(words, 0);
    addon.notifyEvent(event);
    await poll(() => Atomics.load(words, 0) !== before, { interval: 1 });
    return Buffer.from(area, 8, words[1]).toString();
  };
}

it("shows the stack of a thread that spins, as often as asked", async () => {
  const stack = await spin(
    `function outer() { inner(); }
     function inner() { for (;;); }
     outer();`,
  );
  for (let i = 0; i < 3; i++) await poll(async () => /inner[^]*outer/.test(await stack()));
});

it("shows a stack from within a catastrophic regular expression", async () => {
  const stack = await spin(`function hang() { return /^(a+)+$/.test("a".repeat(60) + "b"); } hang();`);
  await poll(async () => (await stack()).includes("hang ("));
});

it("stops, starts anew, and does not write after it has stopped", async () => {
  const event = addon.createEvent();
  const area = new Uint8Array(256);
  const sequence = new Int32Array(area.buffer);
  for (let round = 1; round <= 3; round++) {
    expect(addon.startWatchdog(event, area)).toBe("");
    expect(() => addon.startWatchdog(event, area)).toThrow(/already/);
    addon.notifyEvent(event);
    await poll(() => Atomics.load(sequence, 0) === round, { interval: 1 });
    addon.stopWatchdog();
  }
  addon.notifyEvent(event);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(sequence[0]).toBe(3);
  addon.stopWatchdog(); // once more does no harm
  addon.close(event);
  // A stack that is longer than the area is cut.
  expect(sequence[1]).toBeLessThanOrEqual(256 - 8);
});

it("a process that ends with a running watchdog, and a request on its way, ends well", async () => {
  const script = `
    const addon = require("node-gyp-build")(${JSON.stringify(ADDON)});
    const event = addon.createEvent();
    addon.startWatchdog(event, new Uint8Array(4096));
    addon.notifyEvent(event);`;
  for (const end of ["", "process.exit(0)"]) {
    const [code, signal] = await once(spawn(process.execPath, ["-e", script + end], { stdio: "inherit" }), "exit");
    expect({ code, signal }).toEqual({ code: 0, signal: null });
  }
});

it("refuses a wrong area", () => {
  expect(() => addon.startWatchdog(0, new Uint8Array(8))).toThrow(RangeError);
  expect(() => addon.startWatchdog(0, new Uint8Array(new ArrayBuffer(256), 1))).toThrow(RangeError);
  expect(() => addon.startWatchdog(0, [] as never)).toThrow(TypeError);
});
