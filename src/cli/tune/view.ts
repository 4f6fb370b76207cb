/** The result of a search for people: what to do, why, and a chart. */

import { cut, printable, type Style, widthOf } from "../../base/terminal/style.ts";
import { table } from "../../base/terminal/table.ts";
import { bytes, rate, shortTime } from "../../base/terminal/units.ts";
import { wrap } from "../../base/terminal/wrap.ts";
import { nameOf, sentenceOf } from "../../tune/candidate.ts";
import type { Finding, Rank, Standing } from "../../tune/finding.ts";
import { barOf } from "./progress.ts";

export interface Result {
  readonly finding: Finding;
  readonly reasons: readonly string[];
  /** The command that runs it so. */
  readonly command: string;
}

export function tuneView(
  { finding, reasons, command }: Result,
  { width, style }: { width: number; style: Style },
): string[] {
  const text = Math.min(width, WIDEST);
  const { recommended, standings, rivals, interrupted } = finding;
  const doubt = rivals.length > 0 && !interrupted ? style.yellow(" (too close to call)") : "";
  const head =
    recommended === null
      ? [style.bold(style.red("Nothing to recommend"))]
      : [`${style.bold(style.green(`Recommended: ${sentenceOf(recommended.candidate)}`))}${doubt}`, `  ${command}`];
  const failed = standings.filter(({ rank }) => rank === "failed");
  return [
    ...head,
    "",
    ...reasons.flatMap((reason) => {
      const [first = "", ...more] = wrap(reason, text - 2);
      return [`- ${first}`, ...more.map((line) => `  ${line}`)];
    }),
    ...failed.flatMap(({ candidate, why }) => failureOf(nameOf(candidate), why, { width: text, style })),
    ...(standings.some(({ figures }) => figures !== null) ? ["", ...chart(standings, { width: text, style })] : []),
  ];
}

// --- internal ---

/** Longer lines are hard to read. */
const WIDEST = 100;

const VERDICTS: Readonly<Record<Rank, string>> = {
  recommended: "recommended",
  "as-good": "as fast",
  slower: "slower",
  undecided: "not tried further",
  memory: "over the memory",
  p99: "over the p99",
  "too-large": "too large for this machine",
  failed: "failed",
};

/** The server's words as they are: a stack, a code frame. */
function failureOf(name: string, why: string, { style }: { width: number; style: Style }): string[] {
  const [first = "", ...more] = why.split("\n").map(printable);
  return [style.red(`- ${name} failed: ${first}`), ...more.map((line) => `    ${line}`)];
}

function chart(standings: readonly Standing[], { width, style }: { width: number; style: Style }): string[] {
  // Within rounds, where they can be had: the machine's speed changes from one round to the next.
  const length = ({ times, figures }: Standing): number => times ?? figures?.requestsPerSecond ?? 0;
  const most = Math.max(...standings.map(length), Number.MIN_VALUE);
  const bar = width < 70 ? 10 : 20;
  const names = Math.max(...standings.map(({ candidate }) => nameOf(candidate).length), 0);
  const figure = (pick: (figures: NonNullable<Standing["figures"]>) => string) => (row: Standing) =>
    row.figures === null ? "-" : pick(row.figures);
  const painted = ({ rank }: Standing, text: string): string =>
    rank === "recommended" ? style.green(text) : rank === "as-good" ? text : style.dim(text);
  return table(
    standings,
    [
      { title: "", cell: (row) => painted(row, cut(nameOf(row.candidate), names)) },
      {
        title: "",
        least: bar,
        expendable: 1,
        cell: (row) => painted(row, barOf(length(row) / most, bar)),
      },
      { title: "requests/s", align: "right", cell: figure((of) => rate(of.requestsPerSecond)) },
      { title: "×", align: "right", expendable: 2, cell: ({ times }) => times?.toFixed(2) ?? "-" },
      { title: "p99", align: "right", expendable: 2, cell: figure((of) => shortTime(of.p99Ms)) },
      { title: "memory", align: "right", expendable: 3, cell: figure((of) => bytes(of.memoryBytes)) },
      { title: "CPU/request", align: "right", expendable: 5, cell: figure((of) => shortTime(of.cpuMsPerRequest)) },
      { title: "runs", align: "right", expendable: 4, cell: (row) => String(row.runs) },
      { title: "", cell: (row) => painted(row, VERDICTS[row.rank]) },
    ],
    { width, style },
  ).map((line) => (widthOf(line) > width ? cut(line, width) : line));
}
