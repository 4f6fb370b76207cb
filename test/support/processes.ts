/** Who is whose child, read from /proc. */

import { readdirSync, readFileSync } from "node:fs";

interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  state: string;
}

/** Live descendants of a process (zombies do not count), `depth` generations down. */
export function descendants(pid: number, depth = Infinity): number[] {
  const rows = processes();
  const found: number[] = [];
  let generation = [pid];
  for (let level = 0; level < depth && generation.length > 0; level++) {
    const parents = generation;
    generation = rows.filter((row) => parents.includes(row.parent)).map((row) => row.pid);
    found.push(...generation);
  }
  return found;
}

/** Live members of a process group. */
export function processGroup(group: number): number[] {
  return processes()
    .filter((row) => row.group === group)
    .map((row) => row.pid);
}

export function isAlive(pid: number): boolean {
  return processes().some((row) => row.pid === pid);
}

// --- internal ---

function processes(): ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // "pid (command) state ppid pgrp …"; the command may hold spaces and brackets, so read from the last one.
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state = "", parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state !== "Z") rows.push({ pid: Number(name), parent: Number(parent), group: Number(group), state });
    } catch {
      // Gone between the listing and the read.
    }
  }
  return rows;
}
