/** What the samples of a compare say: the table, and which of its bars hold. */

import type { Bar } from "../plans.ts";
import type { Measurement } from "../../src/measure/load/load.ts";
import { median, ratioByRound, spread } from "../../src/measure/statistics.ts";
import { table, thousands, type Verdict } from "./report.ts";

export type Samples = ReadonlyMap<string, readonly Measurement[]>;

export function results(samples: Samples): string {
  const header = [
    "server",
    "requests/s",
    "±",
    "p50 ms",
    "p99 ms",
    "CPU µs/request",
    "RSS MiB",
    "errors",
    "client's core",
  ];
  const rows = [...samples].map(([name, list]) => {
    const middle = (pick: (sample: Measurement) => number): number => median(list.map(pick));
    return [
      name,
      thousands(middle((sample) => sample.requestsPerSecond)),
      `${spread(list.map((sample) => sample.requestsPerSecond)).toFixed(0)} %`,
      middle((sample) => sample.latency.p50).toFixed(2),
      middle((sample) => sample.latency.p99).toFixed(2),
      middle((sample) => sample.cpuMicrosecondsPerRequest ?? Number.NaN).toFixed(1),
      middle((sample) => sample.rssMiB).toFixed(0),
      String(list.reduce((sum, sample) => sum + sample.errors, 0)),
      `${(100 * middle((sample) => sample.clientCore ?? Number.NaN)).toFixed(0)} %`,
    ];
  });
  return table(header, rows);
}

/**
 * How many times the requests per second of `of` the subject serves; null if one of them was not measured.
 */
export function ratio(samples: Samples, subject: string, of: string): number | null {
  const [ours, theirs] = [samples.get(subject), samples.get(of)];
  if (ours === undefined || theirs === undefined) return null;
  return ratioByRound(
    ours.map(({ requestsPerSecond }) => requestsPerSecond),
    theirs.map(({ requestsPerSecond }) => requestsPerSecond),
  );
}

/** A subject with errors passes no bar: refusing is quick. */
export function judge(samples: Samples, { subject, factor, of }: Bar): Verdict {
  const text = `${subject} ≥ ${factor} × ${of}`;
  const value = ratio(samples, subject, of);
  if (value === null) return { text, value: "a server is missing", passed: null };
  const errors = (samples.get(subject) ?? []).reduce((sum, sample) => sum + sample.errors, 0);
  if (errors > 0) return { text, value: `${value.toFixed(2)} ×, but ${errors} errors`, passed: false };
  return { text, value: `${value.toFixed(2)} ×${cpuOf(samples, subject, of)}`, passed: value >= factor };
}

// --- internal ---

/** How many requests the subject serves with the processor time of one of `of`. That hardly changes on a busy machine, so it tells a regression from a bad hour. */
function cpuOf(samples: Samples, subject: string, of: string): string {
  const [ours, theirs] = [subject, of].map((name) =>
    (samples.get(name) ?? []).map((sample) => sample.cpuMicrosecondsPerRequest ?? Number.NaN),
  );
  const times = ratioByRound(theirs!, ours!);
  return times === null || Number.isNaN(times) ? "" : ` (by CPU ${times.toFixed(2)} ×)`;
}
