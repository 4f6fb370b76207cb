/** Points as a table for the terminal. */

import type { Style } from "../base/terminal/style.ts";
import { type Column, table } from "../base/terminal/table.ts";
import { bytes, count, rate, shortTime } from "../base/terminal/units.ts";
import type { Point, ScenarioResult } from "./results.ts";

/** Above this share of its core the client may be what was measured. */
export const CLIENT_FULL = 0.95;

/** The lines, titles first; what stands out is marked: errors, and a client that could do no more. */
export function pointsTable(points: readonly Point[], { style, width }: { style: Style; width: number }): string[] {
  const columns: Column<Point>[] = [
    { title: "server", cell: (point) => (point.kind === "ours" ? style.bold(point.subject) : point.subject) },
    number("connections", (point) => count(point.connections), 7),
    number("asked/s", (point) => (point.rate === null ? "" : rate(point.rate))),
    number("requests/s", (point) => rate(point.requestsPerSecond)),
    number("±", (point) => `${point.spread.toFixed(0)} %`, 4),
    number("p50", (point) => shortTime(point.latency.p50)),
    number("p90", (point) => shortTime(point.latency.p90), 6),
    number("p99", (point) => shortTime(point.latency.p99)),
    number("p99.9", (point) => shortTime(point.latency.p99_9), 5),
    number("CPU µs/request", (point) => point.cpuMicrosecondsPerRequest?.toFixed(1) ?? "-", 2),
    number("memory", (point) => bytes((point.pssMiB || point.rssMiB) * 2 ** 20), 3),
    number("client", (point) => client(point, style), 8),
    number("errors", (point) => (point.errors === 0 ? "" : style.red(count(point.errors)))),
  ];
  const used = columns.filter(({ title }) => title !== "asked/s" || points.some((point) => point.rate !== null));
  const without = used.filter(({ title }) => title !== "errors" || points.some((point) => point.errors > 0));
  return table(points, without, { style, width });
}

/** What stands below the table. */
export function absentLines({ leftOut, unable = [] }: Pick<ScenarioResult, "leftOut" | "unable">): string[] {
  return [
    ...unable.map(({ subject, why }) => `${subject} ${why}`),
    ...leftOut.map(({ subject, why }) => `${subject} was left out: ${why}`),
  ];
}

/** For each subject whose requests failed, the first failure. */
export function failureLines(points: readonly Point[]): string[] {
  const first = new Map<string, string>();
  for (const { subject, connections, errors, firstError } of points) {
    if (errors === 0 || first.has(subject)) continue;
    first.set(
      subject,
      `${subject}, ${connections} connections: ${count(errors)} errors, the first: ${firstError ?? "?"}`,
    );
  }
  return [...first.values()];
}

// --- internal ---

function number(title: string, cell: (point: Point) => string, expendable?: number): Column<Point> {
  return { title, cell, align: "right", ...(expendable === undefined ? {} : { expendable }) };
}

/** How busy the client was, or how late. */
function client({ clientCore, clientLate }: Point, style: Style): string {
  if (clientLate !== null) return clientLate > LATE_MS ? style.yellow(`${shortTime(clientLate)} late`) : "on time";
  if (clientCore === null) return "-";
  const text = `${(100 * clientCore).toFixed(0)} %`;
  return clientCore >= CLIENT_FULL ? style.yellow(`${text}, full`) : text;
}

const LATE_MS = 2;
