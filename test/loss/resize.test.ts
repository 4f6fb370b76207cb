/** Workers come and go without a lost request: by TTIN and TTOU, and by age. */

import { setTimeout as sleep } from "node:timers/promises";
import { poll } from "../support/poll.ts";
import type { Load } from "../support/strict-client.ts";
import { expectNothingLost, FULL, record, row, start, underLoad } from "./steady.ts";

const RESIZES = FULL ? 50 : 12;
const RECYCLE_SECONDS = FULL ? 30 : 2;
const MOST_WORKERS = 5;

row(`TTIN and TTOU ${RESIZES} times`, async (subject, context) => {
  const server = await start(context, subject);
  const report = await underLoad(server, async (load) => {
    let workers = 2;
    for (let i = 0; i < RESIZES; i++) {
      const more = workers === 1 || (workers < MOST_WORKERS && Math.random() < 0.5);
      workers += more ? 1 : -1;
      server.signal(more ? "SIGTTIN" : "SIGTTOU");
      await sleep(Math.random() * 400);
    }
    await answeredBy(load, 3);
  });
  record(`TTIN/TTOU ${RESIZES} times at random`, subject, report.sent, report.lost.length);
  expectNothingLost(report, server);
});

row("workers that are renewed every 200 requests", async (subject, context) => {
  const server = await start(context, subject, ["--max-requests", "200", "--max-requests-jitter", "50"]);
  const report = await underLoad(server, async (load) => {
    await sleep(RECYCLE_SECONDS * 1000);
    await answeredBy(load, FULL ? 12 : 4);
  });
  const note = `${report.workers.size} workers`;
  record(`--max-requests 200, jitter 50, for ${RECYCLE_SECONDS} s`, subject, report.sent, report.lost.length, note);
  expectNothingLost(report, server);
});

// --- internal ---

async function answeredBy({ workers }: Load, count: number): Promise<void> {
  await poll(() => workers.size >= count, { what: () => `${count} workers, not ${workers.size}` });
}
