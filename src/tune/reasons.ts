/** Why it is this candidate, in plain words. */

import { bytes, count, rate, shortTime } from "../base/terminal/units.ts";
import { type Candidate, nameOf, plural, TUNED_CLASSES } from "./candidate.ts";
import type { Finding, Standing } from "./finding.ts";
import { type Goal, KEEPS_UP, type Sample } from "./sample.ts";

export interface Circumstances {
  readonly goal: Goal;
  readonly cpus: number;
  readonly connections: number;
}

/** Most telling first. Empty if nothing has been measured. */
export function reasonsOf(finding: Finding, circumstances: Circumstances): string[] {
  const { recommended } = finding;
  const figures = recommended?.figures ?? null;
  if (recommended === null || figures === null) return nothingReasons(finding, circumstances);
  return [
    ...comparison(finding, recommended, figures),
    ...rateReasons(figures, circumstances.goal),
    ...limitReasons(figures, circumstances.goal),
    ...natureOf(recommended.candidate, figures, circumstances),
    ...equals(finding, recommended, figures),
    ...leftOut(finding),
    ...doubts(finding),
  ];
}

// --- internal ---

/** Of each other class, the best that was measured. */
function comparison({ standings }: Finding, recommended: Standing, figures: Sample): string[] {
  const others = TUNED_CLASSES.filter((name) => name !== recommended.candidate.workerClass).flatMap((name) => {
    const best = standings
      .filter(({ candidate, figures: own }) => candidate.workerClass === name && own !== null)
      .toSorted((a, b) => (b.times ?? 0) - (a.times ?? 0))[0];
    if (best === undefined) return [];
    return [`${nameOf(best.candidate)} ${rate(best.figures!.requestsPerSecond)} (${(best.times ?? 0).toFixed(2)} ×)`];
  });
  const beside = others.length === 0 ? "" : `; the best of the other classes, ${others.join(" and ")}`;
  return [
    `It served ${rate(figures.requestsPerSecond)} requests/s, 99 of 100 within ${shortTime(figures.p99Ms)}${beside}.`,
  ];
}

function rateReasons({ requestsPerSecond, p99Ms }: Sample, { rate: asked, p99Ms: limit }: Goal): string[] {
  if (asked === null) return [];
  const within = limit === null ? "" : `, within the p99 of ${shortTime(limit)} that is allowed`;
  return requestsPerSecond >= asked * KEEPS_UP
    ? [`It keeps up with ${rate(asked)} requests/s, with a p99 of ${shortTime(p99Ms)}${within}.`]
    : [`Nothing keeps up with ${rate(asked)} requests/s: this comes nearest.`];
}

/** A p99 at a rate has been told with it. */
function limitReasons({ memoryBytes, p99Ms }: Sample, { rate: asked, maxMemoryBytes, p99Ms: limit }: Goal): string[] {
  return [
    ...(maxMemoryBytes === null ? [] : [`It takes ${bytes(memoryBytes)} of the ${bytes(maxMemoryBytes)} allowed.`]),
    ...(limit === null || asked !== null
      ? []
      : [`Its p99 is ${shortTime(p99Ms)}, and ${shortTime(limit)} is allowed.`]),
  ];
}

/** Whether requests compute or wait. */
function natureOf(candidate: Candidate, figures: Sample, { cpus, connections }: Circumstances): string[] {
  const { cpuMsPerRequest: cpu, requestsPerSecond, p50Ms, loadShare, othersShare } = figures;
  if (cpu === null) return [];
  const busy = (requestsPerSecond * cpu) / 1000;
  const cost = `A request costs the server ${shortTime(cpu)} of CPU time`;
  // What waits for CPUs that others have looks like what waits for somebody else.
  if (othersShare > 0.3) return [`${cost}.`];
  if (busy >= 0.7 * cpus * (1 - othersShare)) {
    const most = `${cost}: ${plural(cpus, "CPU")} can serve about ${rate((1000 * cpus) / cpu)} a second, and ${cpus === 1 ? "it was" : "they were"} busy.`;
    return candidate.workerClass === "async"
      ? [most]
      : [`${most} More workers or threads bring nothing; fewer would leave CPUs idle.`];
  }
  // A busy load generator keeps answers waiting, too.
  if (p50Ms < 3 * cpu || (loadShare ?? 0) > 0.5) return [];
  const waits = `${cost}, and takes ${shortTime(p50Ms)}: it waits for most of the time.`;
  return candidate.workerClass === "async"
    ? [`${waits} In async all ${count(connections)} can wait at once, in one thread.`]
    : [waits];
}

/** Those that are as fast, and what speaks against them. */
function equals({ standings, resolution }: Finding, recommended: Standing, figures: Sample): string[] {
  const equal = standings.filter(({ rank, figures: own }) => rank === "as-good" && own !== null);
  const words = equal.slice(0, 3).map(({ candidate, figures: own }) => {
    const more = own!.memoryBytes - figures.memoryBytes;
    const shares = candidate.workerClass === "async" && recommended.candidate.workerClass !== "async";
    const against = [
      ...(more > MIB ? [`takes ${bytes(more)} more`] : []),
      ...(shares ? ["lets a request that computes hold up the others of its worker"] : []),
    ];
    return `${nameOf(candidate)}${against.length === 0 ? "" : `, which ${against.join(" and ")}`}`;
  });
  if (words.length === 0) return [];
  const rest = equal.length > words.length ? `; and ${equal.length - words.length} more` : "";
  return [`As fast, within ${percent(resolution)}: ${words.join("; ")}${rest}.`];
}

function leftOut({ standings }: Finding): string[] {
  return standings
    .filter(({ rank }) => rank === "memory" || rank === "p99" || rank === "too-large")
    .slice(0, 3)
    .map(({ candidate, why }) => `Not ${nameOf(candidate)}: ${why}.`);
}

function doubts({ loadIsLimit, othersShare, resolution, clear, rivals, interrupted, runs }: Finding): string[] {
  const noise = `differences below ${percent(resolution)} may be noise. A longer --time tells more.`;
  const [closest, ...more] = rivals.slice(0, 3).map(nameOf);
  return [
    ...(loadIsLimit
      ? [
          `The load generator's core was full: it was the limit, not the server. Differences below ${percent(resolution)} are not visible.`,
        ]
      : []),
    ...(othersShare >= WORTH_A_WORD
      ? [
          `${othersTook(othersShare)}: what they took from one candidate more than from another is not held against it, but a quiet machine tells more.`,
        ]
      : []),
    ...(interrupted ? [`It was interrupted after ${plural(runs, "run")}: this is what was known by then.`] : []),
    ...(clear || interrupted
      ? []
      : closest === undefined
        ? [`The time was over before it was certain: ${noise}`]
        : [`Too close to call: ${[closest, ...more].join(" or ")} may be faster for all that is known; ${noise}`]),
  ];
}

function nothingReasons(finding: Finding, { goal, connections }: Circumstances): string[] {
  const { standings, interrupted, runs, othersShare } = finding;
  if (interrupted && standings.every(({ figures }) => figures === null))
    return [`It was interrupted after ${plural(runs, "run")}: too early to tell anything.`];
  // Those that failed are shown with what they said.
  const reasons = standings
    .filter(({ rank }) => rank !== "failed")
    .slice(0, 3)
    .map(({ candidate, why }) => `${nameOf(candidate)}: ${why.split("\n")[0]}.`);
  const queues =
    goal.p99Ms !== null && goal.rate === null && standings.some(({ rank }) => rank === "p99")
      ? [
          `All ${count(connections)} connections ask again as soon as they are answered, so requests queue: --rate sends as many as you expect, --connections fewer at once.`,
        ]
      : [];
  const disturbed =
    othersShare >= WORTH_A_WORD ? [`${othersTook(othersShare)}: a quiet machine may say otherwise.`] : [];
  return [...reasons, ...queues, ...slowByItself(standings, goal), ...disturbed];
}

/** At a rate that leaves it idle time it is the application that takes so long, and no class makes it faster. */
function slowByItself(standings: readonly Standing[], { p99Ms, rate: asked }: Goal): string[] {
  const best = standings.filter(({ figures }) => figures !== null).toSorted((a, b) => p50(a) - p50(b))[0];
  if (p99Ms === null || asked === null || best === undefined || p50(best) <= p99Ms) return [];
  return [
    `Half of all requests take ${shortTime(p50(best))} or more even with ${nameOf(best.candidate)}: a p99 of ${shortTime(p99Ms)} takes a faster application, or a lower rate.`,
  ];
}

function p50({ figures }: Standing): number {
  return figures?.p50Ms ?? Infinity;
}

function othersTook(share: number): string {
  return `Others on this machine took ${percent(share)} of its CPUs meanwhile`;
}

const MIB = 2 ** 20;
/** Of the CPUs: less is always there. */
const WORTH_A_WORD = 0.1;

function percent(share: number): string {
  return `${Math.ceil(100 * share)} %`;
}
