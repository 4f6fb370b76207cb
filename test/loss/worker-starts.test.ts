/** A master that has started hundreds of workers holds no more than one that has started a few. */

import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { residentMiB, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { FULL, record, start, SUBJECTS } from "./steady.ts";

const STARTS = FULL ? 300 : 40;
const WORKERS = 4;

/** What the master's heap may wander by itself. */
const WANDER_MIB = 8;

test(`${STARTS} worker starts`, { timeout: FULL ? 400_000 : 60_000 }, async () => {
  const server = await start(SUBJECTS[0]!, ["-w", String(WORKERS)]);
  await poll(() => server.workers.length === WORKERS, { what: `${WORKERS} workers` });
  let before: Holding | null = null;
  for (let starts = 0; starts < STARTS; starts += WORKERS) {
    // Half of them replace workers that were asked to leave, half those that died.
    if (starts % (2 * WORKERS) === 0) await renew(server, () => server.signal("SIGHUP"));
    else await renew(server, () => server.workers.forEach((pid) => process.kill(pid, "SIGKILL")));
    if (starts >= STARTS / 3) before ??= holding(server);
  }
  const after = holding(server);
  const note = `RSS ${before!.mib.toFixed(1)} → ${after.mib.toFixed(1)} MiB, descriptors ${before!.fds} → ${after.fds}`;
  record(`${STARTS} worker starts`, SUBJECTS[0]!, 0, 0, note);
  expect(after.fds, note).toBe(before!.fds);
  expect(after.mib - before!.mib, note).toBeLessThan(WANDER_MIB);
});

// --- internal ---

interface Holding {
  readonly fds: number;
  readonly mib: number;
}

function holding({ pid }: Junicorn): Holding {
  return { fds: readdirSync(`/proc/${pid}/fd`).length, mib: residentMiB(pid) };
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
