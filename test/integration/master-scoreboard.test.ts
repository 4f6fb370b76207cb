import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WorkerState } from "../../src/ipc/scoreboard-layout.ts";
import { Scoreboard } from "../../src/ipc/scoreboard.ts";
import { WatchdogBell } from "../../src/ipc/watchdog.ts";
import { ROOT } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

const SHAPE = { slots: 4, rows: 16 };

/** What a worker does with its slot, without a server: begins two requests, ends one, then spins. */
const WRITER = `
import { monotonicClock, monotonicOrigin } from "${join(ROOT, "dist/ipc/clock.js")}";
import { Scoreboard } from "${join(ROOT, "dist/ipc/scoreboard.js")}";
import { SlotTelemetry } from "${join(ROOT, "dist/ipc/slot-telemetry.js")}";
import { startWatchdog } from "${join(ROOT, "dist/ipc/watchdog.js")}";
const slot = Scoreboard.attach(3, ${JSON.stringify(SHAPE)}).slot(2);
const now = monotonicClock();
startWatchdog(4, slot);
slot.set("pid", process.pid);
slot.set("heartbeat", now());
const telemetry = new SlotTelemetry(slot, monotonicOrigin());
const peer = { remoteAddress: "192.0.2.1", remotePort: 4711, unixPath: "" };
telemetry.end(telemetry.begin({ method: "GET", target: "/done", peer, startedAt: 0 }), { status: 200, bytesSent: 6 }, 1);
telemetry.begin({ method: "GET", target: "/hangs", peer, startedAt: performance.now() });
slot.set("state", ${WorkerState.READY});
function hangHere() { for (;;); }
hangHere();
`;

test("another process's slot is read while it spins and after it was killed, its stack while it lives", async () => {
  const scoreboard = Scoreboard.create(SHAPE);
  const bell = new WatchdogBell();
  const child = spawn(process.execPath, ["--input-type=module", "-e", WRITER], {
    stdio: ["ignore", "inherit", "inherit", scoreboard.fd, bell.fd],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const slot = scoreboard.slot(2);
  await poll(() => slot.get("state") === WorkerState.READY, { what: "the writer" });
  expect(slot.get("pid")).toBe(child.pid);
  expect(slot.get("heartbeat")).toBeGreaterThan(0);
  expect(slot.get("requests")).toBe(2);
  expect(slot.get("active")).toBe(1);

  bell.ring();
  await poll(() => slot.stack.sequence > 0, { what: "the stack" });
  expect(slot.stack.text).toContain("hangHere");

  child.kill("SIGKILL");
  await once(child, "exit");
  expect(slot.rows.list()).toMatchObject([{ id: 2, method: "GET", target: "/hangs", peer: "192.0.2.1:4711" }]);
  for (const index of [0, 1, 3]) expect(scoreboard.slot(index).get("pid")).toBe(0);
});
