/** Memory and events shared with another process, and the calls of process.cc. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { native } from "../../src/native.ts";
import { poll } from "../support/poll.ts";

const ADDON = fileURLToPath(new URL("../../native", import.meta.url));
const addon = native();

/** Runs `script` with `addon` at hand and `fd` as its fd 3. */
function child(script: string, fd: number | "ignore" = "ignore"): ReturnType<typeof spawn> {
  const prelude = `const addon = require("node-gyp-build")(${JSON.stringify(ADDON)});`;
  return spawn(process.execPath, ["-e", prelude + script], { stdio: ["ignore", "pipe", "inherit", fd] });
}

describe("shared memory", () => {
  it("is seen by both processes", async () => {
    const fd = addon.createSharedMemory("test", 4096);
    const words = new Int32Array(addon.mapSharedMemory(fd, 4096));
    expect(words.every((word) => word === 0)).toBe(true);
    words[0] = 41;
    const writer = child(
      `const words = new Int32Array(addon.mapSharedMemory(3, 4096)); Atomics.add(words, 0, 1); words[1023] = process.pid;`,
      fd,
    );
    await once(writer, "exit");
    expect(words[0]).toBe(42);
    expect(words[1023]).toBe(writer.pid);
    addon.close(fd);
    words[0] = 43; // the mapping outlives the fd
  });

  it("cannot be mapped beyond its end, or not at all", () => {
    const fd = addon.createSharedMemory("test", 4096);
    expect(() => addon.mapSharedMemory(fd, 8192)).toThrow(/EINVAL/);
    expect(() => addon.mapSharedMemory(fd, 0)).toThrow(RangeError);
    expect(() => addon.mapSharedMemory(-1, 4096)).toThrow(/EBADF/);
    expect(() => addon.createSharedMemory("test", -1)).toThrow(RangeError);
    expect(() => addon.createSharedMemory("x".repeat(300), 4096)).toThrow(/EINVAL/);
    addon.close(fd);
  });
});

describe("process calls", () => {
  it("the clock is the same in every process", async () => {
    const before = addon.monotonicNow();
    const other = child("process.stdout.write(String(addon.monotonicNow()))");
    const [text] = (await once(other.stdout!, "data")) as [Buffer];
    expect(Number(text)).toBeGreaterThan(before);
    expect(addon.monotonicNow()).toBeGreaterThan(Number(text));
  });

  it.each([
    ["at once, by a signal", `addon.setParentDeathSignal(15); process.send("ready"); setInterval(() => {}, 1000);`],
    ["after a while, though it spins", `addon.endAfterParent(100); process.send("ready", () => { for (;;); });`],
  ])("a parent's death ends a child that asked for it: %s", async (_, script) => {
    // The parent starts a grandchild, says its pid, and is killed.
    const grandchild = `const addon = require("node-gyp-build")(${JSON.stringify(ADDON)}); ${script}`;
    const parent = child(
      `const { spawn } = require("node:child_process");
       const started = spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
       started.on("message", () => process.stdout.write(String(started.pid)));`,
    );
    const [text] = (await once(parent.stdout!, "data")) as [Buffer];
    parent.kill("SIGKILL");
    await poll(() => {
      try {
        process.kill(Number(text), 0);
        return false;
      } catch {
        return true;
      }
    });
  });

  it("sdNotify reaches a datagram socket, by path and by abstract name", async () => {
    const folder = mkdtempSync(join(tmpdir(), "junicorn-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    // Node has no unix datagram sockets.
    const script = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", chr(0)))
print("bound", flush=True)
print(s.recv(100).decode(), flush=True)`;
    for (const address of [join(folder, "notify"), `@junicorn-test-${process.pid}`]) {
      const receiver = spawn("python3", ["-c", script, address], { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      receiver.stdout.on("data", (data) => (output += data));
      await poll(() => output === "bound\n");
      expect(addon.sdNotify(address, "READY=1\nSTATUS=up")).toBe(true);
      await poll(() => output === "bound\nREADY=1\nSTATUS=up\n");
    }
  });

  it("sdNotify says when it cannot", () => {
    expect(addon.sdNotify("/no/such/socket", "READY=1")).toBe(false);
    expect(addon.sdNotify("", "READY=1")).toBe(false);
    expect(() => addon.sdNotify(5 as never, "READY=1")).toThrow(TypeError);
  });

  it("endAfterParent holds up no exit, and says what is wrong", async () => {
    const spawned = child(`addon.endAfterParent(60_000); addon.endAfterParent(60_000);`);
    expect(await once(spawned, "exit")).toEqual([0, null]);
    expect(() => addon.endAfterParent(-1)).toThrow(RangeError);
    expect(() => addon.endAfterParent("1" as never)).toThrow(TypeError);
  });

  it("close says what is wrong", () => {
    expect(() => addon.close(999_999)).toThrow(expect.objectContaining({ code: "EBADF", syscall: "close" }));
  });
});
