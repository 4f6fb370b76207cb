/** A worker's death costs the requests that it has begun, and the log lists them. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { slowCall } from "../support/mixed-load.ts";
import { Load, type Lost } from "../support/strict-client.ts";
import { expectNoLosses, FULL, record, row, start, underLoad } from "./steady.ts";

const KILLS = FULL ? 30 : 3;

/** A request this young may not have been read when its worker died: nobody can list it. */
const UNREAD_MS = 100;

/** As long after a kill its client knows of it, even where processors are scarce. */
const HEARD_MS = 1000;

interface Kill {
  readonly pid: number;
  readonly at: number;
}

row(`kill -9 of a worker, ${KILLS} times`, async (subject, context) => {
  const server = await start(context, subject);
  const kills: Kill[] = [];
  const kill = async ({ workers }: Load): Promise<void> => {
    // One that has answered before: the very first request takes a cold worker a while to read.
    const warm = () => server.workers.filter((pid) => workers.has(String(pid)));
    for (let i = 0; i < KILLS; i++) {
      await sleep(700 + Math.random() * 300);
      await poll(() => warm().length === 2, { what: "two workers that answer", timeout: 40_000 });
      const pid = warm()[Math.floor(Math.random() * 2)]!;
      kills.push({ pid, at: performance.now() });
      process.kill(pid, "SIGKILL");
    }
    for (const { pid } of kills) await server.waitFor(new RegExp(`pid:${pid}\\)[^]*SIGKILL`));
  };
  // Slow ones, so that there is always one to lose.
  const call = (id: number, last: boolean) => slowCall(id, last, 50 + (id % 100));
  const load = new Load({ target: server.port, clients: 8, keepAlive: "half", call });
  const { sent, lost } = await underLoad(server, kill, load);
  const listed = new Set([...server.output.matchAll(/[?&]id=(\d+)/g)].map((match) => Number(match[1])));
  const unlisted = lost.filter(({ id }) => !listed.has(id));
  const idle = subject.workerClass === "sync" ? kills.filter(({ pid }) => servedNothing(pid, server)) : [];
  const unexplained = unlisted.filter((entry) => !wasUnread(entry, kills) && !wasAccepted(entry, idle));
  const note = `${lost.length} in flight in the killed, ${lost.length - unlisted.length} listed, ${unlisted.length} unread`;
  record(`kill -9 of a random worker, ${KILLS} times`, subject, sent, unexplained.length, note);
  expectNoLosses(unexplained, server);
  expect(lost.length - unlisted.length, "requests listed").toBeGreaterThan(0);
});

// --- internal ---

/** Lost with one of the killed, and so young that it may have been in the kernel still. What is sent after the kill, on a connection that its worker had kept, is: whenever that was. */
function wasUnread({ sentAt, lostAt, worker }: Lost, kills: readonly Kill[]): boolean {
  return kills.some(({ pid, at }) => {
    const latest = worker === String(pid) ? lostAt : worker === null ? at + UNREAD_MS : -Infinity;
    return lostAt >= at && sentAt > at - UNREAD_MS && sentAt <= latest;
  });
}

/** The line on its death names no request. */
function servedNothing(pid: number, { output }: Junicorn): boolean {
  const line = new RegExp(`pid:${pid}\\) was sent SIGKILL.*`).exec(output)?.[0];
  return line !== undefined && !line.includes("Requests lost");
}

/**
 * A sync worker accepts when it is free, and so requests wait in the backlog, however long. One that was accepted the moment before the kill is lost
 * unread; nothing else was being served then, so each such kill explains one.
 */
function wasAccepted({ connection, lostAt }: Lost, idle: Kill[]): boolean {
  const index = idle.findIndex(({ at }) => connection === "fresh" && lostAt >= at && lostAt - at < HEARD_MS);
  if (index >= 0) idle.splice(index, 1);
  return index >= 0;
}
