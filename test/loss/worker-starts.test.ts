/** A master that has started hundreds of workers holds no more than one that has started a few. */

import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { residentMiB, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { FULL, record, start, SUBJECTS } from "./steady.ts";

const STARTS = FULL ? 300 : 24;
const WORKERS = 4;

/** What the master's heap may wander by itself. */
const WANDER_MIB = 8;

test(`${STARTS} worker starts`, { timeout: FULL ? 400_000 : 60_000 }, async (context) => {
  const [subject] = SUBJECTS;
  const server = await start(context, subject, ["-w", String(WORKERS)]);
  await poll(() => server.workers.length === WORKERS, { what: `${WORKERS} workers` });
  let before: Holding | null = null;
  for (let starts = 0; starts < STARTS; starts += WORKERS) {
    // Half of them replace workers that were asked to leave, half those that died.
    if (starts % (2 * WORKERS) === 0) await renew(server, () => server.signal("SIGHUP"));
    else await renew(server, () => server.workers.forEach((pid) => process.kill(pid, "SIGKILL")));
    if (starts >= STARTS / 3) before ??= await settled(server);
  }
  const { fds, mib } = before!;
  const after = await settled(server);
  const note = `RSS ${mib.toFixed(1)} → ${after.mib.toFixed(1)} MiB, descriptors ${fds} → ${after.fds}`;
  record(`${STARTS} worker starts`, subject, 0, 0, note);
  expect(after.fds, note).toBeLessThanOrEqual(fds);
  expect(after.mib - mib, note).toBeLessThan(WANDER_MIB);
});

// --- internal ---

interface Holding {
  readonly fds: number;
  readonly mib: number;
}

function holding({ pid }: Junicorn): Holding {
  return { fds: readdirSync(`/proc/${pid}/fd`).length, mib: residentMiB(pid) };
}

/** What it holds once those that left are gone altogether. */
async function settled(server: Junicorn): Promise<Holding> {
  let last = -1;
  let looks = 0;
  await poll(
    () => {
      const { fds } = holding(server);
      looks = fds === last ? looks + 1 : 0;
      last = fds;
      return looks === 5;
    },
    { interval: 50, what: "as many descriptors as before" },
  );
  return holding(server);
}

/** Until there are as many workers as before, all of them new. */
async function renew(server: Junicorn, act: () => void): Promise<void> {
  const before = server.workers;
  act();
  await poll(() => server.workers.length === WORKERS && !server.workers.some((pid) => before.includes(pid)), {
    timeout: 30_000,
    interval: 50,
    what: () => `${WORKERS} new workers:\n${server.output.slice(-3000)}`,
  });
}
