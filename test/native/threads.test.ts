/** The addon's comings and goings: threads that end with everything open, objects that are dropped, a Node that is too new. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { native } from "../../src/native.ts";

const require = createRequire(import.meta.url);
const ADDON = fileURLToPath(new URL("../../native", import.meta.url));

/** Leaves a listener, streams with queued bytes, a half-parsed head, mappings and a watchdog behind. */
const SCRIPT = `
  const { parentPort, workerData } = require("node:worker_threads");
  const net = require("node:net");
  const addon = require(${JSON.stringify(require.resolve("node-gyp-build"))})(${JSON.stringify(ADDON)});
  const parser = new addon.HttpParser({ requestLine: 100, fields: 10, fieldSize: 100 });
  const half = Buffer.from("GET / HTTP/1.1\\r\\nHost: h\\r\\nX: y");
  parser.execute(half, 0, half.length);
  const memory = addon.mapSharedMemory(addon.createSharedMemory("t", 4096), 4096);
  const event = addon.createEvent();
  addon.startWatchdog(event, new Uint8Array(memory));
  addon.notifyEvent(event);
  const streams = new addon.Streams(() => {});
  const fd = addon.listen({ host: "127.0.0.1", port: 0, backlog: 8 });
  const listener = new addon.Listener(fd, (connection) => {
    const id = streams.open(connection);
    streams.write(id, "x", new Uint8Array(16 << 20));
    parentPort.postMessage("open");
    if (workerData.end === "exit") process.exit(0);
    if (workerData.end === "spin") for (;;);
  });
  listener.resume();
  net.connect(addon.socketName(fd).port, "127.0.0.1").on("error", () => {});
`;

it.each(["terminate", "exit", "spin"])("%s", async (end) => {
  for (let round = 0; round < 5; round++) {
    const worker = new Worker(SCRIPT, { eval: true, workerData: { end } });
    // What exits may take its message with it.
    await once(worker, end === "exit" ? "exit" : "message");
    await worker.terminate();
  }
  expect(native().monotonicNow()).toBeGreaterThan(0);
});

it("what is dropped is collected, open or closed", async () => {
  const script = `
    const addon = require("node-gyp-build")(${JSON.stringify(ADDON)});
    const fd = addon.listen({ host: "127.0.0.1", port: 0, backlog: 8 });
    (async () => {
      for (let round = 0; round < 50; round++) {
        for (let i = 0; i < 20; i++) {
          new addon.HttpParser({ requestLine: 1, fields: 1, fieldSize: 1 });
          new addon.Streams(() => {});
          addon.mapSharedMemory(addon.createSharedMemory("t", 1 << 20), 1 << 20);
        }
        new addon.Listener(fd, () => {});
        gc();
        await new Promise(setImmediate);
        await new Promise(setImmediate);
      }
      const maps = require("node:fs").readFileSync("/proc/self/maps", "utf8").match(/memfd:t /g)?.length ?? 0;
      process.exitCode = maps > 100 ? 1 : 0;
    })();`;
  const child = spawn(process.execPath, ["--expose-gc", "-e", script], { stdio: "inherit" });
  expect(await once(child, "exit")).toEqual([0, null]);
});

it("an unknown llhttp is refused with its version", async () => {
  const script = `
    Object.defineProperty(process, "versions", { value: { ...process.versions, llhttp: "10.0.1" } });
    const addon = require("node-gyp-build")(${JSON.stringify(ADDON)});
    try {
      new addon.HttpParser({ requestLine: 1, fields: 1, fieldSize: 1 });
    } catch (error) {
      process.stdout.write(error.message);
    }`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  expect(text.toString()).toBe("this Node has llhttp 10.0.1; Junicorn knows 9.x");
});

it("their sockets are closed with them", async () => {
  const count = (): number => readdirSync("/proc/self/fd").length;
  const round = async (): Promise<void> => {
    const worker = new Worker(SCRIPT, { eval: true, workerData: { end: "terminate" } });
    await once(worker, "message");
    await worker.terminate();
  };
  await round();
  const before = count();
  for (let i = 0; i < 3; i++) await round();
  // The script's own fds (listener, memory, event) belong to the process, and stay.
  expect(count() - before).toBeLessThanOrEqual(3 * 3);
});
