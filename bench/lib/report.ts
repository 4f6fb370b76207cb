/** What a bench prints: the machine, one table, and the bars. */

import { execFileSync } from "node:child_process";
import { styleFor } from "../../src/base/terminal/style.ts";
import { table as columns } from "../../src/base/terminal/table.ts";
import { describeMachine as describe, thisMachine } from "../../src/measure/machine.ts";
import { ROOT } from "./server.ts";

export function describeMachine(): string {
  return `${describe(thisMachine())}\nJunicorn ${commit()}, llhttp ${process.versions["llhttp"]}`;
}

export function commit(): string {
  return execFileSync("git", ["describe", "--always", "--dirty"], { cwd: ROOT, encoding: "utf8" }).trim();
}

/** All columns but the first are right-aligned. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = header.map((title, i) => ({
    title,
    cell: (row: readonly string[]) => row[i] ?? "",
    align: i === 0 ? ("left" as const) : ("right" as const),
  }));
  return columns(rows, all, { style: styleFor(process.stdout, process.env), width: Infinity }).join("\n");
}

export interface Verdict {
  readonly text: string;
  readonly value: string;
  /** null: could not be measured, which counts as missed. */
  readonly passed: boolean | null;
}

export function markOf({ passed }: Verdict): "pass" | "FAIL" | "NOT MEASURED" {
  return passed === null ? "NOT MEASURED" : passed ? "pass" : "FAIL";
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
