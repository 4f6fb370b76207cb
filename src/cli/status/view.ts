/** A server's status as lines of text. */

import type { ServerStatus, Stats, WorkerSnapshot } from "../../master/control/api.ts";
import { cut, printable, type Style } from "../../base/terminal/style.ts";
import { type Column, table } from "../../base/terminal/table.ts";
import { bytes, count, duration, rate, share, shortTime } from "../../base/terminal/units.ts";
import { type Rates, type Reading, serverRates, workerRates } from "./rates.ts";

export interface ViewOptions {
  /** Columns and lines of the terminal; Infinity: no limit. */
  readonly width: number;
  readonly height: number;
  readonly style: Style;
}

/** `before` and `window` are earlier readings (see rates.ts). */
export function statusView(
  now: Reading,
  before: Reading | null,
  window: Reading | null,
  options: ViewOptions,
): string[] {
  const { status } = now;
  const heading = summary(status, serverRates(now, before, window), options.style);
  const rows = status.workers.map((worker) => ({ worker, rates: workerRates(worker, now, before, window) }));
  const lines = table(rows, columnsFor(status, true, options.style), options);
  const room = Math.max(2, options.height - heading.length - 1);
  const hidden = lines.length - room;
  const shown = hidden > 0 ? [...lines.slice(0, room - 1), `… and ${hidden + 1} more workers`] : lines;
  return [...heading.map((line) => cut(line, options.width)), "", ...shown];
}

/** The workers alone, of a single reading. */
export function workersView(status: ServerStatus, options: Omit<ViewOptions, "height">): string[] {
  const now = { at: 0, status };
  const rows = status.workers.map((worker) => ({ worker, rates: workerRates(worker, now, null, null) }));
  return table(rows, columnsFor(status, false, options.style), options);
}

// --- internal ---

interface Row {
  readonly worker: WorkerSnapshot;
  readonly rates: Rates;
}

function summary({ stats, listeners, workers }: ServerStatus, rates: Rates, style: Style): string[] {
  const { totals } = stats;
  const rss = workers.reduce((sum, worker) => sum + (worker.rssBytes ?? 0), stats.rssBytes ?? 0);
  const { target, ready } = stats.workers;
  const enough = ready >= target ? style.green : style.red;
  const threads = stats.threads > 1 ? ` × ${stats.threads} threads` : "";
  return [
    `${style.bold(printable(stats.app))}  junicorn ${stats.version}, pid ${stats.pid}, up ${duration(stats.uptimeMs)}  ` +
      `${stats.workerClass}${threads}  ${enough(`${ready} of ${target} ready`)}`,
    listeners
      .map(({ url, queue }) => `${printable(url)}${queue === null ? "" : style.dim(`  ${queueText(queue)}`)}`)
      .join("   "),
    `${count(totals.requests)} requests, ${rate(rates.perSecond)}/s, p50 ${shortTime(rates.p50Ms)}, p99 ${shortTime(rates.p99Ms)}`,
    `${shares(totals.answers, style)}  RSS ${bytes(rss)}`,
  ];
}

/** Answers by kind; kinds that are no everyday matter only if there were some. */
function shares(answers: Stats["totals"]["answers"], style: Style): string {
  const all = Object.values(answers).reduce((sum, value) => sum + value, 0);
  const part = (kind: keyof typeof answers, name: string = kind): string => `${name} ${share(answers[kind], all)}`;
  return [
    part("2xx"),
    ...(answers["3xx"] > 0 ? [part("3xx")] : []),
    part("4xx"),
    (answers["5xx"] > 0 ? style.red : String)(part("5xx")),
    ...(answers.none > 0 ? [part("none", "unanswered")] : []),
  ].join("  ");
}

function queueText({ length, limit }: { readonly length: number; readonly limit: number }): string {
  return `${count(length)} of ${count(limit)} waiting`;
}

function columnsFor({ stats, workers }: ServerStatus, rated: boolean, style: Style): Column<Row>[] {
  const queues = workers.some(({ threads }) => threads > 0);
  const columns: (Column<Row> | null)[] = [
    { title: "PID", align: "right", cell: ({ worker }) => String(worker.pid) },
    { title: "AGE", align: "right", least: 8, cell: ({ worker }) => duration(worker.ageMs), expendable: 3 },
    { title: "STATE", cell: ({ worker }) => stateText(worker, style) },
    { title: "BEAT", align: "right", least: 5, cell: ({ worker }) => beatText(worker, stats.timeoutMs, style) },
    { title: "BUSY", align: "right", cell: ({ worker }) => busyText(worker, stats.workerClass, style) },
    { title: "LOOP", align: "right", least: 7, cell: ({ worker }) => loopText(worker, style), expendable: 2 },
    { title: "CONN", align: "right", cell: ({ worker }) => count(worker.connections) },
    queues ? { title: "QUEUE", align: "right", least: 11, cell: ({ worker }) => waitingText(worker, style) } : null,
    { title: "REQUESTS", align: "right", cell: ({ worker }) => count(worker.requests), expendable: 4 },
    rated ? { title: "REQ/S", align: "right", least: 5, cell: ({ rates }) => rate(rates.perSecond) } : null,
    { title: "P50", align: "right", least: 7, cell: ({ rates }) => shortTime(rates.p50Ms), expendable: 1 },
    { title: "P99", align: "right", least: 7, cell: ({ rates }) => shortTime(rates.p99Ms) },
    { title: "RSS", align: "right", least: 8, cell: ({ worker }) => bytes(worker.rssBytes) },
    { title: "SERVING", cell: ({ worker }) => servingText(worker, style) },
  ];
  return columns.filter((column) => column !== null);
}

function stateText({ state }: WorkerSnapshot, style: Style): string {
  return { booting: style.yellow, ready: style.green, draining: style.yellow }[state](state);
}

/** Workers beat once a second, and four times within a short time-out. */
function beatText({ beatMs }: WorkerSnapshot, timeoutMs: number, style: Style): string {
  const late = timeoutMs === 0 ? LATE_MS : Math.min(LATE_MS, timeoutMs / 2);
  return (beatMs !== null && beatMs > late ? style.red : String)(duration(beatMs));
}

const LATE_MS = 3000;

/** Of how many at a time, where that is fixed. */
function busyText({ active, threads, busyThreads }: WorkerSnapshot, workerClass: string, style: Style): string {
  const [busy, most] = threads > 0 ? [busyThreads, threads] : [active, workerClass === "sync" ? 1 : Infinity];
  return (busy >= most ? style.yellow : String)(most === Infinity ? count(busy) : `${busy}/${most}`);
}

/** The share of the time that it works; or, if it has been blocked of late, for how long. */
function loopText({ loopBusy, loopDelayMs }: WorkerSnapshot, style: Style): string {
  return loopDelayMs > SLOW_LOOP_MS ? style.yellow(`+${shortTime(loopDelayMs)}`) : `${Math.round(loopBusy * 100)} %`;
}

const SLOW_LOOP_MS = 100;

/** For how long they wait is worth a word only where they do wait, and not just come and go. */
function waitingText({ queued, queuedMs }: WorkerSnapshot, style: Style): string {
  if (queued === 0) return "0";
  return queuedMs < 1 ? count(queued) : style.yellow(`${count(queued)} (${shortTime(queuedMs)})`);
}

/** What it serves, and since when: the request that began first stands for all. */
function servingText({ oldest, active }: WorkerSnapshot, style: Style): string {
  if (oldest === null) return style.dim("-");
  const more = active > 1 ? style.dim(` +${count(active - 1)}`) : "";
  return `${style.dim(shortTime(oldest.ageMs))} ${printable(`${oldest.method} ${oldest.target}`)}${more}`;
}
