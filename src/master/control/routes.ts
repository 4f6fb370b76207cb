/** What the control socket can be asked: one row each. */

import { setTimeout as sleep } from "node:timers/promises";

import { JunicornError } from "../../base/errors.ts";
import { type RequestSnapshot, snapshotRequests, snapshotWorkers } from "../../ipc/snapshot.ts";
import type { MasterContext } from "../extension.ts";
import { reportAll, reportConfiguration, reportListeners, reportStats } from "./report.ts";

/** A request that a route was found for. */
export interface Call {
  /** What stood for the `:names` of the path. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** Anything JSON can say; `accepted`: it has been begun, and is not done yet. */
export interface Reply {
  readonly body: unknown;
  readonly accepted?: boolean;
}

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** Parameters of the query. */
  readonly query?: readonly string[];
  readonly summary: string;
  /** Throws a JunicornError whose row has the status. */
  readonly answer: (master: MasterContext, call: Call) => Reply | Promise<Reply>;
}

export const ROUTES: readonly Route[] = [
  { method: "GET", path: "/", summary: "This list", answer: () => ({ body: { routes: listRoutes() } }) },
  {
    method: "GET",
    path: "/status",
    summary: "Everything that junicorn status shows",
    answer: (master) => ({ body: reportAll(master) }),
  },
  { method: "GET", path: "/stats", summary: "The server and its totals", answer: (m) => ({ body: reportStats(m) }) },
  {
    method: "GET",
    path: "/workers",
    summary: "The workers, oldest first",
    answer: (master) => ({ body: { workers: snapshotWorkers(master.scoreboard, master.now()) } }),
  },
  {
    method: "GET",
    path: "/requests",
    summary: "The requests in flight, oldest first",
    answer: (master) => ({ body: { requests: requestsOf(master) } }),
  },
  {
    method: "GET",
    path: "/deaths",
    summary: "The verdicts on workers that are gone, the latest first",
    answer: ({ verdicts }) => ({ body: { deaths: verdicts.list().toReversed() } }),
  },
  { method: "GET", path: "/deaths/:pid", summary: "The verdict on one of them", answer: why },
  {
    method: "GET",
    path: "/listeners",
    summary: "The addresses, and the connections that wait there",
    answer: (master) => ({ body: { listeners: reportListeners(master) } }),
  },
  {
    method: "GET",
    path: "/config",
    summary: "The settings in force",
    answer: (master) => ({ body: { settings: reportConfiguration(master) } }),
  },
  {
    method: "POST",
    path: "/workers",
    query: ["count"],
    summary: "Adds count=1 workers",
    answer: (master, call) => resize(master, +countIn(call)),
  },
  {
    method: "DELETE",
    path: "/workers",
    query: ["count"],
    summary: "Removes the count=1 oldest workers; one stays",
    answer: (master, call) => resize(master, -countIn(call)),
  },
  {
    method: "DELETE",
    path: "/workers/:pid",
    summary: "Has a worker finish what it serves and leave; another takes its place",
    answer: dismiss,
  },
  {
    method: "POST",
    path: "/requests/:id/cancel",
    summary: "Ends a request in flight; its id is PID:NUMBER",
    answer: cancel,
  },
  {
    method: "POST",
    path: "/reload",
    query: ["wait"],
    summary:
      "Replaces the workers by new ones with the settings and the application as they are now; wait=1 answers when it is done",
    answer: reload,
  },
  { method: "POST", path: "/reopen", summary: "Opens the log files anew", answer: reopen },
  {
    method: "POST",
    path: "/upgrade",
    summary: "Starts a second master, of the version installed now, beside this one",
    answer: upgrade,
  },
  {
    method: "POST",
    path: "/shutdown",
    query: ["mode"],
    summary: "Stops the server, mode=graceful or quick",
    answer: shutdown,
  },
];

// --- internal ---

function listRoutes() {
  return ROUTES.map(({ method, path, query, summary }) => ({ method, path, query: query ?? [], summary }));
}

function requestsOf(master: MasterContext): RequestSnapshot[] {
  return snapshotRequests(master.scoreboard, master.now());
}

function countIn({ query }: Call): number {
  const text = query.get("count") ?? "1";
  if (!/^\d{1,4}$/.test(text) || Number(text) === 0) throw bad(`count=${text}: expected an integer from 1 to 9999`);
  return Number(text);
}

/** A server that stops starts and replaces nothing. */
function mustGoOn(master: MasterContext): void {
  if (master.stopping) throw failed("the server has been told to stop");
}

function resize(master: MasterContext, by: number): Reply {
  mustGoOn(master);
  const before = master.pool.target;
  const target = master.commands.resize(by);
  const why = by < 0 ? "a server has at least one worker" : "that is all its scoreboard has room for";
  const limit = target - before === by ? null : `${Math.abs(target - before)} of the ${Math.abs(by)} asked for: ${why}`;
  if (target !== before) return { body: { before, target, limit } };
  throw failed(`there are to be ${before} worker(s), and it stays at that: ${why}`);
}

function dismiss(master: MasterContext, call: Call): Reply {
  mustGoOn(master);
  const pid = Number(call.path["pid"]);
  const worker = master.pool.workers.find((candidate) => candidate.pid === pid && candidate.end === null);
  if (worker === undefined) throw missing(`there is no worker ${call.path["pid"]}`);
  master.pool.dismiss(worker, "recycle");
  master.wake();
  return { body: { pid }, accepted: true };
}

function why({ verdicts, pool }: MasterContext, call: Call): Reply {
  const pid = call.path["pid"] ?? "";
  const death = verdicts.find(Number(pid));
  if (death !== null) return { body: { death } };
  const lives = pool.workers.some((worker) => worker.pid === Number(pid));
  throw missing(
    lives
      ? `the worker ${pid} lives`
      : `no worker ${pid} has ended here, or others have ended since: ctl why (GET /deaths) lists those that are known`,
  );
}

/** Waits until it is gone, for a worker whose event loop is blocked hears nothing. */
async function cancel(master: MasterContext, call: Call): Promise<Reply> {
  const id = call.path["id"];
  const found = requestsOf(master).find((request) => request.id === id);
  const worker = master.pool.workers.find((candidate) => candidate.pid === found?.pid);
  if (found === undefined || worker === undefined) throw missing(`there is no request ${id} in flight`);
  worker.send({ type: "cancel", id: Number(found.id.split(":")[1]) });
  for (let waited = 0; waited < CANCEL_MS; waited += POLL_MS) {
    await sleep(POLL_MS);
    if (!requestsOf(master).some((request) => request.id === id)) return { body: { cancelled: found } };
  }
  throw failed(
    `the worker was told to end the request ${id}, but has not within ${CANCEL_MS / 1000} s: is its event loop blocked?`,
  );
}

const POLL_MS = 20;
const CANCEL_MS = 2000;

function reopen(master: MasterContext): Reply {
  try {
    master.commands.reopenLogs();
  } catch (error) {
    throw failed((error as Error).message);
  }
  return { body: { reopened: true } };
}

/** A reload fails for good reasons that the caller is to hear: the answer says them, and the log does too. */
async function reload(master: MasterContext, { query }: Call): Promise<Reply> {
  const wait = query.get("wait") ?? "0";
  if (wait !== "0" && wait !== "1") throw bad(`wait=${wait}: expected 0 or 1`);
  mustGoOn(master);
  const done = master.commands.reload();
  if (wait === "0") return { body: { reloading: true }, accepted: true };
  const outcome = await done;
  if (!outcome.ok) throw failed(outcome.problem);
  return { body: { reloaded: true, warnings: outcome.warnings ?? [] } };
}

async function upgrade(master: MasterContext): Promise<Reply> {
  mustGoOn(master);
  const outcome = await master.commands.upgrade();
  if (!outcome.ok) throw failed(outcome.problem);
  return { body: { pid: master.upgrading.successor }, accepted: true };
}

function shutdown(master: MasterContext, { query }: Call): Reply {
  const mode = query.get("mode") ?? "graceful";
  if (mode !== "graceful" && mode !== "quick") throw bad(`mode=${mode}: expected graceful or quick`);
  // The answer leaves before the server does.
  setImmediate(() => master.commands.stop(mode));
  return { body: { stopping: mode }, accepted: true };
}

function bad(problem: string): JunicornError {
  return new JunicornError("ERR_CONTROL_REQUEST", { problem });
}

function missing(problem: string): JunicornError {
  return new JunicornError("ERR_CONTROL_NOT_FOUND", { problem });
}

function failed(problem: string): JunicornError {
  return new JunicornError("ERR_CONTROL_FAILED", { problem });
}
