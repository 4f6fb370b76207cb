/** `--reuse-port`: every socket has a worker at every moment, whoever comes and goes. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { poll } from "../support/poll.ts";
import { expectNothingLost, FULL, record, row, start, SUBJECTS, underLoad } from "./steady.ts";

row(
  "fewer workers, more workers, a reload and an upgrade with --reuse-port",
  async (subject, context) => {
    const server = await start(context, subject, ["--reuse-port", "--workers", "3"]);
    const workers = (count: number) => poll(() => server.workers.length === count, { what: `${count} workers` });
    const seen = (count: number, text: string) =>
      poll(() => server.output.split(text).length > count, {
        what: () => `${text}:\n${server.output}`,
      });
    const report = await underLoad(server, async () => {
      for (const count of [2, 1]) {
        server.signal("SIGTTOU");
        await workers(count);
      }
      await sleep(200);
      server.signal("SIGTTIN");
      await seen(4, "Booting worker");
      server.signal("SIGHUP");
      await seen(1, "Reloaded in ");
      server.signal("SIGUSR2");
      await seen(2, " ready after ");
      server.signal("SIGTERM");
      await seen(1, "Master has been promoted");
    });
    const [, successor] = /Started a new master \(pid:(\d+)\)/.exec(server.output) ?? [];
    process.kill(Number(successor), "SIGTERM");
    record(
      "--reuse-port: TTOU, TTIN, HUP, USR2",
      subject,
      report.sent,
      report.lost.length,
      `${report.workers.size} workers`,
    );
    expectNothingLost(report, server);
    expect(report.workers.size).toBeGreaterThan(5);
  },
  FULL ? SUBJECTS : SUBJECTS.slice(-1),
);
