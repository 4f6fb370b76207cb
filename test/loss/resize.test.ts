/** Workers come and go without a lost request: by TTIN and TTOU, and by age. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { expectNothingLost, FULL, record, start, SUBJECTS, underLoad } from "./steady.ts";

const RESIZES = FULL ? 50 : 12;
const RECYCLE_SECONDS = FULL ? 30 : 4;
const MOST_WORKERS = 5;

test.each(SUBJECTS)(`TTIN and TTOU ${RESIZES} times, $workerClass with a $interface app`, async (subject) => {
  const server = await start(subject);
  const report = await underLoad(server, async () => {
    let workers = 2;
    for (let i = 0; i < RESIZES; i++) {
      const more = workers === 1 || (workers < MOST_WORKERS && Math.random() < 0.5);
      workers += more ? 1 : -1;
      server.signal(more ? "SIGTTIN" : "SIGTTOU");
      await sleep(Math.random() * 400);
    }
  });
  record(`TTIN/TTOU ${RESIZES} times at random`, subject, report.sent, report.lost.length);
  expectNothingLost(report, server);
  expect(report.workers.size, "workers that answered").toBeGreaterThan(2);
});

test.each(SUBJECTS)(
  "workers that are renewed every 200 requests, $workerClass with a $interface app",
  async (subject) => {
    const server = await start(subject, ["--max-requests", "200", "--max-requests-jitter", "50"]);
    const report = await underLoad(server, () => sleep(RECYCLE_SECONDS * 1000));
    const note = `${report.workers.size} workers`;
    record(`--max-requests 200, jitter 50, for ${RECYCLE_SECONDS} s`, subject, report.sent, report.lost.length, note);
    expectNothingLost(report, server);
    expect(report.workers.size, "workers that answered").toBeGreaterThan(FULL ? 10 : 2);
  },
);
