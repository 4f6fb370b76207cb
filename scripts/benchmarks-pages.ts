/** What README.md and docs/benchmarks.md say of a file of results. */

import { count, rate, shortTime } from "../src/base/terminal/units.ts";
import { describeMachine } from "../src/measure/machine.ts";
import type { Point, Results, ScenarioResult } from "../src/measure/results.ts";

/** Between these lines of README.md is what is generated. */
export const BEGIN = "<!-- benchmarks: npm run docs:benchmarks writes this -->";
export const END = "<!-- end of benchmarks -->";

/** README.md with its table made anew. */
export function withTable(readme: string, results: Results): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md has no lines "${BEGIN}" and "${END}"`);
  const rows = results.scenarios.map((scenario) => [
    scenario.title,
    ...COLUMNS.map((pattern) => most(scenario, pattern)),
  ]);
  const header = ["requests/s", "sync", "gthread", "async", "Node http", "Gunicorn, its best class"];
  const body = `${markdownTable(header, rows)}\n\n${facts(results)}`;
  return `${readme.slice(0, from)}${BEGIN}\n\n${body}\n\n${readme.slice(to)}`;
}

export function benchmarksPage(results: Results): string {
  const sections = results.scenarios.map(section);
  return `# Benchmarks

The three worker classes beside other servers. ${facts(results)}

\`\`\`sh
${results.command}
\`\`\`

This page is made of [bench/results/reference.json](../bench/results/reference.json) by \`npm run docs:benchmarks\`. \`npm run bench -- --report bench/results/reference.json\` draws
it: one page of HTML with charts. \`npm run bench\` lists what can be measured; [below](#how-it-is-measured) is how.

${sections.join("\n\n")}

## How it is measured

- Everything runs on one machine, over loopback. The server has one core and the client another; where a scenario is about computing, the server has two.
  \`taskset\` keeps them there.
- All servers of a scenario are started, warmed up, and then asked in turns, round after round: a slow minute of the machine hits all alike. Figures are medians of the
  rounds, and ± is half the distance from the least to the most. Numbers of different runs should not be compared.
- In a **closed loop** each connection asks again as soon as it is answered: that shows how much a server can do. The client is autocannon, or wrk where one core of
  autocannon would be full before the server is; "client" is the share of its core that it used.
- At a **fixed rate** (those with a figure in "asked/s") a request is due at its time whether or not earlier ones are answered, and its latency counts from then. A server
  that stalls has all who would have come meanwhile counted. No closed loop shows that (it is called coordinated omission).
- CPU and memory are those of all processes of the server, from \`/proc\`. Memory counts pages that processes share once.
- Errors are answers of 400 and above, connections that failed, and requests without an answer three seconds after the last was due.
- \`sync\` and Gunicorn's \`sync\` close each connection, so they also pay for new ones; both are meant for behind a proxy.
`;
}

// --- internal ---

const COLUMNS = [/^Junicorn sync$/, /^Junicorn gthread$/, /^Junicorn async$/, /^Node http$/, /^Gunicorn /];

function section({ title, about, points, leftOut, unable = [] }: ScenarioResult): string {
  const rate_ = (point: Point): string => (point.rate === null ? "" : count(point.rate));
  const rows = points.map((point) => [
    point.subject,
    count(point.connections),
    rate_(point),
    rate(point.requestsPerSecond),
    `${point.spread.toFixed(0)} %`,
    ...[point.latency.p50, point.latency.p99, point.latency.p99_9].map(shortTime),
    point.cpuMicrosecondsPerRequest?.toFixed(0) ?? "-",
    `${(point.pssMiB || point.rssMiB).toFixed(0)} MiB`,
    point.clientCore === null ? "-" : `${(100 * point.clientCore).toFixed(0)} %`,
    point.errors === 0 ? "" : count(point.errors),
  ]);
  const header = [
    "server",
    "connections",
    "asked/s",
    "requests/s",
    "±",
    "p50",
    "p99",
    "p99.9",
    "CPU µs",
    "memory",
    "client",
    "errors",
  ];
  const cannot = unable.map(({ subject, why }) => [`${subject}: ${why}`, ...header.slice(1).map(() => "")]);
  const missing = leftOut.map(({ subject, why }) => `${subject} was left out: ${oneLine(why)}.`);
  return [`## ${title}`, about, markdownTable(header, [...rows, ...cannot]), ...missing].join("\n\n");
}

function facts({ date, junicorn, machine, interrupted }: Results): string {
  const text = `Measured on ${date.slice(0, 10)} with Junicorn ${junicorn}: ${describeMachine(machine)}.`;
  return interrupted === undefined ? text : `${text} ${interrupted}`;
}

/** The most requests per second that came without errors, in a closed loop. */
function most({ points, unable = [] }: ScenarioResult, subjects: RegExp): string {
  const own = points.filter(({ subject }) => subjects.test(subject));
  const sound = own.filter(({ rate: asked, errors }) => asked === null && errors === 0);
  if (sound.length > 0) return rate(Math.max(...sound.map(({ requestsPerSecond }) => requestsPerSecond)));
  if (own.length > 0) return "errors";
  return unable.some(({ subject }) => subjects.test(subject)) ? "cannot" : "";
}

/** Aligned as the formatter would: all columns but the first to the right. */
function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(" | ")} |`;
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(header), line(rule), ...rows.map((row) => line(row))].join("\n");
}

function oneLine(text: string): string {
  return text.split("\n")[0]!.slice(0, 200);
}
