/** Answers of the server as lines of text. */

import { isoTime } from "../../base/clock.ts";
import { safeMessage } from "../../base/log-line.ts";
import type {
  Configuration,
  ListenerStatus,
  RequestSnapshot,
  ServerStatus,
  Stats,
  Verdict,
} from "../../master/control/api.ts";
import { describeVerdict } from "../../master/deaths/verdicts.ts";
import { workersView } from "../status/view.ts";
import { printable, type Style } from "../../base/terminal/style.ts";
import { table } from "../../base/terminal/table.ts";
import { bytes, count, duration, shortTime } from "../../base/terminal/units.ts";

/** What `show` can show. */
export const VIEWS = ["all", "workers", "config", "stats", "listeners"];

/** What `show all` shows. */
export interface All extends ServerStatus {
  readonly settings: Configuration;
}

/** Where the lines go. */
export interface Output {
  readonly width: number;
  readonly style: Style;
}

export function statsLines({ workers, totals, ...stats }: Stats): string[] {
  const { answers } = totals;
  return pairs([
    ["version", stats.version],
    ["pid", String(stats.pid)],
    ["up", duration(stats.uptimeMs)],
    ["memory of the master", bytes(stats.rssBytes)],
    ["application", printable(stats.app)],
    ["directory", printable(stats.directory)],
    ["worker class", `${stats.workerClass}${stats.threads > 1 ? `, ${stats.threads} threads` : ""}`],
    ["workers", `${workers.current}, to be ${workers.target}; ${workers.ready} ready`],
    [
      "workers so far",
      `${count(workers.started)} started, ${count(workers.booted)} booted, ${count(workers.ended)} ended`,
    ],
    ["reloads", `${count(stats.reloads.done)} done, ${count(stats.reloads.failed)} failed`],
    ["workers replaced", tallied(stats.recycled)],
    ["workers gone", tallied(stats.deaths)],
    ["connections", count(totals.accepted)],
    ["requests", count(totals.requests)],
    [
      "answers",
      Object.entries(answers)
        .map(([kind, many]) => `${kind}: ${count(many)}`)
        .join(", "),
    ],
    ["cut by leaving workers", tallied(totals.cut)],
    ["body bytes sent", bytes(totals.bytes)],
  ]);
}

export function workerLines(status: ServerStatus, { width, style }: Output): string[] {
  return workersView(status, { width, style });
}

export function listenerLines({ listeners }: { readonly listeners: readonly ListenerStatus[] }): string[] {
  return listeners.map(({ url, queue }) => {
    const waiting = queue === null ? "" : `  ${count(queue.length)} of ${count(queue.limit)} waiting to be accepted`;
    return `${printable(url)}${waiting}`;
  });
}

export function configLines({ settings }: { readonly settings: Configuration }): string[] {
  return Object.entries(settings)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
}

export function requestLines(
  { requests }: { readonly requests: readonly RequestSnapshot[] },
  output: Output,
): string[] {
  if (requests.length === 0) return ["No request is in flight"];
  return table(
    requests,
    [
      { title: "ID", cell: ({ id }) => id },
      { title: "AGE", align: "right", cell: ({ ageMs }) => shortTime(ageMs) },
      { title: "FROM", cell: ({ peer }) => printable(peer) },
      { title: "REQUEST", cell: ({ method, target }) => printable(`${method} ${target}`) },
    ],
    output,
  );
}

/** The last ones, the latest first. */
export function deathLines({ deaths }: { readonly deaths: readonly Verdict[] }): string[] {
  if (deaths.length === 0) return ["No worker has ended yet"];
  return deaths.map(({ at, text }) => `${isoTime(new Date(at))}  ${printable(text)}`);
}

/** All that is known of one, as the log had it. */
export function verdictText(death: Verdict): string {
  const lived = `after ${duration(death.livedMs)}`;
  return safeMessage(`${isoTime(new Date(death.at))}, ${lived}: ${describeVerdict(death)}`);
}

// --- internal ---

function pairs(entries: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

/** Those that there were: "max-requests: 3, uncaught: 1". */
function tallied(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, many]) => many > 0);
  return some.length === 0 ? "none" : some.map(([cause, many]) => `${cause}: ${count(many)}`).join(", ");
}
