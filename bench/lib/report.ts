/** What a bench prints: the machine, one table, and the bars. */

import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release } from "node:os";
import { ROOT } from "./server.ts";

export function describeMachine(): string {
  const [cpu] = cpus();
  const commit = execFileSync("git", ["describe", "--always", "--dirty"], { cwd: ROOT, encoding: "utf8" }).trim();
  return [
    `${cpu?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores, Linux ${release()}`,
    `Node ${process.version}, llhttp ${process.versions["llhttp"]}, Junicorn ${commit}, load average ${loadavg()[0]?.toFixed(2)}`,
  ].join("\n");
}

/** Columns as wide as they must be; all but the first are right-aligned. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return [line(header), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

export interface Verdict {
  readonly text: string;
  readonly value: string;
  /** null: could not be measured, which counts as missed. */
  readonly passed: boolean | null;
}

export function verdictLine({ text, value, passed }: Verdict): string {
  const mark = passed === null ? "NOT MEASURED" : passed ? "pass" : "FAIL";
  return `${mark.padEnd(4)}  ${text}: ${value}`;
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
