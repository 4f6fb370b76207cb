/** Prints what the rows recorded, once all have run. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where rows are recorded, one JSON line each. */
    lossTable: string;
  }
}

export default function table(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "junicorn-loss-"));
  const path = join(folder, "rows");
  project.provide("lossTable", path);
  return () => {
    if (existsSync(path) && process.env["JUNICORN_LOSS"] === "full") print(readFileSync(path, "utf8"));
    rmSync(folder, { recursive: true });
  };
}

// --- internal ---

function print(lines: string): void {
  const rows = lines
    .trimEnd()
    .split("\n")
    .map((line) => Object.values(JSON.parse(line) as Record<string, string | number>).map(String));
  const all = [["under steady load", "class, interface", "requests", "lost", ""], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const isNumber = (column: number): boolean => column === 2 || column === 3;
  for (const row of all) {
    const cells = row.map((cell, column) =>
      isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    process.stdout.write(`${cells.join("  ").trimEnd()}\n`);
  }
}
