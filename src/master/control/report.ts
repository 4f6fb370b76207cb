/** What the master knows of its server, for those who ask over the control socket and for metrics. */

import { residentBytes, snapshotWorkers } from "../../ipc/snapshot.ts";
import { native } from "../../native.ts";
import type { MasterContext } from "../extension.ts";
import { addCounts } from "../tally.ts";
import { version } from "../version.ts";
import type { Configuration, ListenerStatus, ServerStatus, Stats } from "./api.ts";

export function reportAll(master: MasterContext): ServerStatus {
  const workers = snapshotWorkers(master.scoreboard, master.now());
  return { stats: statsOf(master, workers), listeners: reportListeners(master), workers };
}

export function reportStats(master: MasterContext): Stats {
  return statsOf(master, snapshotWorkers(master.scoreboard, master.now()));
}

export function reportListeners({ listeners, credentials }: MasterContext): ListenerStatus[] {
  return (listeners?.all ?? []).map(({ fd, url }) => ({
    url: credentials ? url.replace(/^http:/, "https:") : url,
    queue: native().acceptQueue(fd) ?? native().unixAcceptQueue(fd),
  }));
}

export function reportConfiguration({ settings, host }: MasterContext): Configuration {
  const shown = Object.entries(settings).map(([name, value]: [string, unknown]) => [
    name,
    shownAs(value, (host.secret as readonly string[]).includes(name)),
  ]);
  return Object.fromEntries(shown) as Configuration;
}

// --- internal ---

function shownAs(value: unknown, secret: boolean): unknown {
  if (secret && value !== null) return "(secret)";
  return typeof value === "function" ? `[function ${value.name || "anonymous"}]` : value;
}

function statsOf(master: MasterContext, workers: ServerStatus["workers"]): Stats {
  const { settings, tally, pool, verdicts } = master;
  return {
    pid: process.pid,
    version: version(),
    uptimeMs: performance.now(),
    rssBytes: residentBytes("self"),
    directory: settings.chdir,
    app: settings.app,
    workerClass: settings.workerClass,
    threads: settings.threads,
    timeoutMs: settings.timeout * 1000,
    workers: {
      target: pool.target,
      current: workers.length,
      ready: workers.filter(({ state }) => state === "ready").length,
      ...tally.workers,
    },
    reloads: tally.reloads,
    recycled: tally.recycled,
    deaths: verdicts.counts,
    totals: addCounts([tally.past, ...workers]),
  };
}
