/** A file of results as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere. */

import { bytes, count, rate, shortTime } from "../../base/terminal/units.ts";
import { describeMachine } from "../machine.ts";
import { absentLines, failureLines } from "../points-table.ts";
import type { Point, Results, ScenarioResult } from "../results.ts";
import { chartsOf, type Styles } from "./charts.ts";
import { element, escape } from "./markup.ts";
import { OURS, STYLE } from "./style.ts";

export function report(results: Results): string {
  const styles = stylesOf(results);
  const { title, notes = [], scenarios, interrupted } = results;
  const links = scenarios.map(({ name, title: text }) => element("a", { href: `#${name}` }, escape(text)));
  const body = [
    element("h1", {}, escape(title)),
    facts(results),
    interrupted === undefined ? "" : element("p", { class: "bad" }, escape(interrupted)),
    ...notes.map((note) => element("p", { class: "note" }, escape(note))),
    key(results, styles),
    links.length > 1 ? element("nav", { "aria-label": "Scenarios" }, links.join("")) : "",
    ...scenarios.map((scenario) => section(scenario, styles)),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${STYLE}</style></head>
<body>${element("main", {}, body.join("\n"))}</body></html>
`;
}

// --- internal ---

/** The same colour for the same server in every chart. What is ours beyond the colours there are looks like the last. */
function stylesOf({ scenarios }: Results): Styles {
  const points = scenarios.flatMap((scenario) => scenario.points);
  const ours = [...new Set(points.filter(({ kind }) => kind === "ours").map(({ subject }) => subject))];
  return new Map(
    points.map(({ subject, kind }) => [
      subject,
      kind === "ours" ? OURS[Math.min(ours.indexOf(subject), OURS.length - 1)]! : kind,
    ]),
  );
}

function facts({ command, date, junicorn, machine }: Results): string {
  const list = {
    Machine: escape(describeMachine(machine)),
    Junicorn: escape(junicorn),
    Date: escape(date.slice(0, 16).replace("T", " ") + " UTC"),
    Command: element("code", {}, escape(command)),
  };
  const rows = Object.entries(list).map(([name, value]) => element("dt", {}, name) + element("dd", {}, value));
  return element("dl", {}, rows.join(""));
}

function key({ scenarios, peers = "other servers" }: Results, styles: Styles): string {
  const kinds = new Set(scenarios.flatMap(({ points }) => points.map(({ kind }) => kind)));
  const ours = [...styles].filter(([, style]) => style.startsWith("ours"));
  const entries: (readonly [string, string])[] = ours.length <= OURS.length ? [...ours] : [];
  if (kinds.has("peer")) entries.push([peers, "peer"]);
  if (kinds.has("ceiling")) entries.push(["what the machine can do at all", "ceiling"]);
  if (entries.length < 2) return "";
  return element(
    "div",
    { class: "key" },
    entries.map(([name, style]) => element("span", { class: style }, `<i></i>${escape(name)}`)).join(""),
  );
}

function section(scenario: ScenarioResult, styles: Styles): string {
  const { name, title, about, points } = scenario;
  const figures = chartsOf(scenario, styles).map(({ caption, svg }) =>
    element("figure", {}, element("figcaption", {}, escape(caption)) + svg),
  );
  const failures = failureLines(points).map((line) => element("li", { class: "bad" }, escape(line)));
  const missing = absentLines(scenario).map((line) => element("li", {}, escape(line)));
  const remarks = [...failures, ...missing];
  return element(
    "section",
    { id: name },
    [
      element("h2", {}, escape(title)),
      element("p", { class: "soft" }, escape(about)),
      points.length === 0
        ? element("p", {}, "Nothing was measured.")
        : element("div", { class: "charts" }, figures.join("")),
      remarks.length === 0 ? "" : element("ul", {}, remarks.join("")),
      points.length === 0 ? "" : dataOf(scenario),
    ].join("\n"),
  );
}

/** All figures, for those who want to know exactly, or do not see charts. */
function dataOf({ title, points }: ScenarioResult): string {
  const head = Object.keys(COLUMNS).map((text) => element("th", { scope: "col" }, escape(text)));
  const rows = points.map((point) =>
    element(
      "tr",
      {},
      Object.values(COLUMNS)
        .map((cell) => element("td", {}, escape(cell(point))))
        .join(""),
    ),
  );
  const table = element("table", {}, `<thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody>`);
  return `<details><summary>The figures: ${escape(title)}</summary><div class="scroll">${table}</div></details>`;
}

const COLUMNS: Readonly<Record<string, (point: Point) => string>> = {
  server: (point) => point.subject,
  driver: (point) => point.driver,
  connections: (point) => count(point.connections),
  "asked/s": (point) => (point.rate === null ? "" : rate(point.rate)),
  "requests/s": (point) => rate(point.requestsPerSecond),
  "±": (point) => `${point.spread.toFixed(0)} %`,
  p50: (point) => shortTime(point.latency.p50),
  p90: (point) => shortTime(point.latency.p90),
  p99: (point) => shortTime(point.latency.p99),
  "p99.9": (point) => shortTime(point.latency.p99_9),
  longest: (point) => shortTime(point.latency.max),
  "CPU µs/request": (point) => point.cpuMicrosecondsPerRequest?.toFixed(1) ?? "-",
  RSS: (point) => bytes(point.rssMiB * 2 ** 20),
  PSS: (point) => (point.pssMiB === 0 ? "-" : bytes(point.pssMiB * 2 ** 20)),
  "client's core": (point) => (point.clientCore === null ? "-" : `${(100 * point.clientCore).toFixed(0)} %`),
  errors: (point) => count(point.errors),
};
