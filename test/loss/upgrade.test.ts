/** USR2: a new master takes over from the old one, again and again, and no request is lost. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { isAlive } from "../support/processes.ts";
import { temporaryFolder } from "../support/tools.ts";
import { expectNothingLost, FULL, record, row, start, underLoad } from "./steady.ts";

const UPGRADES = FULL ? 10 : 2;

row(`USR2 ${UPGRADES} times`, async (subject, context) => {
  const pidfile = join(temporaryFolder(context), "pid");
  const server = await start(context, subject, ["--pid", pidfile]);
  const report = await underLoad(server, async () => {
    for (let i = 0; i < UPGRADES; i++) await upgrade(server, pidfile);
  });
  process.kill(Number(readFileSync(pidfile, "utf8")), "SIGTERM");
  const title = `USR2 and TERM for the old master, ${UPGRADES} times`;
  record(title, subject, report.sent, report.lost.length, `${report.workers.size} workers`);
  expectNothingLost(report, server);
  expect(report.workers.size, "workers that answered").toBeGreaterThan(2 * UPGRADES);
});

// --- internal ---

/** Resolves when the new master has the pidfile, and the old one is gone. */
async function upgrade(server: Junicorn, pidfile: string): Promise<void> {
  const what = (step: string) => () => `${step}:\n${server.output}`;
  const readyBefore = server.output.split("ready after").length;
  const old = Number(readFileSync(pidfile, "utf8"));
  process.kill(old, "SIGUSR2");
  await poll(() => existsSync(`${pidfile}.2`), { what: what("a second pidfile") });
  const successor = Number(readFileSync(`${pidfile}.2`, "utf8"));
  await poll(() => server.output.split("ready after").length > readyBefore, { what: what("the new workers") });
  process.kill(old, "SIGTERM");
  await poll(() => !isAlive(old), { what: what("the old master's end") });
  await poll(() => existsSync(pidfile) && Number(readFileSync(pidfile, "utf8")) === successor, {
    what: what("the promotion"),
  });
}
