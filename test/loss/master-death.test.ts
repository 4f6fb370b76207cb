/** The master's death costs nothing: its workers answer what is there, leave, and let go of the port. */

import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { ask } from "../support/ask.ts";
import type { Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { isAlive } from "../support/processes.ts";
import { expectNoLosses, record, row, start, steadyLoad } from "./steady.ts";

row("kill -9 of the master", async (subject, context) => {
  const gracefulSeconds = 5;
  const server = await start(context, subject, ["--graceful-timeout", String(gracefulSeconds)]);
  const { workers } = server;
  const load = steadyLoad(server.port);
  await poll(() => load.sent > 200, { what: "200 requests" });
  const slow = [ask(server.port, "/slow?ms=800"), ask(server.port, "/slow?ms=800")];
  await sleep(200);
  process.kill(server.pid, "SIGKILL");
  const left = performance.now();
  await poll(() => !workers.some(isAlive), { timeout: gracefulSeconds * 1000 + 2000, what: "the workers to leave" });
  const seconds = (performance.now() - left) / 1000;
  await bindable(server);
  const { sent, lost } = await load.stop();
  const broken = lost.filter(({ loss }) => loss !== "refused");
  record("kill -9 of the master", subject, sent, broken.length, `workers left after ${seconds.toFixed(1)} s`);
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200]);
  expect(seconds).toBeLessThan(gracefulSeconds);
  expectNoLosses(broken, server);
});

// --- internal ---

async function bindable(server: Junicorn): Promise<void> {
  const probe = createServer().listen(server.port, "127.0.0.1");
  await once(probe, "listening");
  await new Promise((closed) => probe.close(closed));
}
