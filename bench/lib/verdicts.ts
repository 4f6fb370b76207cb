/** What the samples of a compare say: the table, and which of its bars hold. */

import type { Bar } from "../plans.ts";
import type { Sample } from "./compare.ts";
import { table, thousands, type Verdict } from "./report.ts";
import { median, spread } from "./stats.ts";

export type Samples = ReadonlyMap<string, readonly Sample[]>;

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
    const middle = (pick: (sample: Sample) => number): number => median(list.map(pick));
    return [
      name,
      thousands(middle((sample) => sample.requestsPerSecond)),
      `${spread(list.map((sample) => sample.requestsPerSecond)).toFixed(0)} %`,
      middle((sample) => sample.p50Milliseconds).toFixed(2),
      middle((sample) => sample.p99Milliseconds).toFixed(2),
      middle((sample) => sample.cpuMicrosecondsPerRequest).toFixed(1),
      middle((sample) => sample.residentMiB).toFixed(0),
      String(list.reduce((sum, sample) => sum + sample.errors, 0)),
      list[0]!.clientCore < 0 ? "" : `${(100 * middle((sample) => sample.clientCore)).toFixed(0)} %`,
    ];
  });
  return table(header, rows);
}

/**
 * How many times the requests per second of `of` the subject serves; null if one of them was not measured. Both are compared round by round, for the
 * machine's speed may change from one round to the next.
 */
export function ratio(samples: Samples, subject: string, of: string): number | null {
  const [ours, theirs] = [samples.get(subject), samples.get(of)];
  if (ours === undefined || theirs === undefined) return null;
  return median(ours.map(({ requestsPerSecond }, round) => requestsPerSecond / theirs[round]!.requestsPerSecond));
}

/** A subject with errors passes no bar: refusing is quick. */
export function judge(samples: Samples, { subject, factor, of }: Bar): Verdict {
  const text = `${subject} ≥ ${factor} × ${of}`;
  const value = ratio(samples, subject, of);
  if (value === null) return { text, value: "a server is missing", passed: null };
  const errors = (samples.get(subject) ?? []).reduce((sum, sample) => sum + sample.errors, 0);
  if (errors > 0) return { text, value: `${value.toFixed(2)} ×, but ${errors} errors`, passed: false };
  return { text, value: `${value.toFixed(2)} ×`, passed: value >= factor };
}
