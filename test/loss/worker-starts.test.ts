/** A master that has started hundreds of workers holds no more than one that has started a few. */

import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { residentMiB, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { FULL, record, start, SUBJECTS } from "./steady.ts";

/** 1,000 and more show that it stays so. */
const STARTS = Number(process.env["JUNICORN_STARTS"] ?? (FULL ? 300 : 24));
const WORKERS = 4;

/**
 * What the highest point of the last third may be above that of the second. Between them lie several collections of what workers leave behind; in
 * short there is none, and what a master takes for its first reloads counts.
 */
const RISE_MIB = FULL ? 2 : 8;

test(`${STARTS} worker starts`, { timeout: FULL ? 400_000 : 60_000 }, async (context) => {
  const [subject] = SUBJECTS;
  const server = await start(context, subject, ["-w", String(WORKERS)]);
  await poll(() => server.workers.length === WORKERS, { what: `${WORKERS} workers` });
  const thirds: [Holding, Holding, Holding] = [NOTHING, NOTHING, NOTHING];
  for (let starts = 0; starts < STARTS; starts += WORKERS) {
    // Half of them replace workers that were asked to leave, half those that died.
    if (starts % (2 * WORKERS) === 0) await renew(server, () => server.signal("SIGHUP"));
    else await renew(server, () => server.workers.forEach((pid) => process.kill(pid, "SIGKILL")));
    const third = Math.floor((3 * starts) / STARTS) as 0 | 1 | 2;
    const { fds, mib } = await settled(server);
    thirds[third] = { fds, mib: Math.max(mib, thirds[third].mib) };
  }
  const [, { fds, mib }, after] = thirds;
  const note = `RSS up to ${mib.toFixed(1)}, then ${after.mib.toFixed(1)} MiB, descriptors ${fds} → ${after.fds}`;
  record(`${STARTS} worker starts`, subject, 0, 0, note);
  expect(after.fds, note).toBeLessThanOrEqual(fds);
  expect(after.mib - mib, note).toBeLessThan(RISE_MIB);
});

// --- internal ---

interface Holding {
  readonly fds: number;
  readonly mib: number;
}

const NOTHING: Holding = { fds: 0, mib: 0 };

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
    interval: 50,
    what: () => `${WORKERS} new workers:\n${server.output.slice(-3000)}`,
  });
}
