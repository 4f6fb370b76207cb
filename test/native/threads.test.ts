/** Worker threads come and go with everything open: nothing may crash, or stay behind. */

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
