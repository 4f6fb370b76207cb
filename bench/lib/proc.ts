/** Processor time, memory and kinship, read from /proc. */

import { readdirSync, readFileSync } from "node:fs";

/** Of one tick, Linux' USER_HZ, in µs. */
const TICK = 10_000;

/** User and system time of the processes, in µs. */
export function cpuMicroseconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const [, , , , , , , , , , , user, system] = statOf(pid);
    ticks += Number(user ?? 0) + Number(system ?? 0);
  }
  return ticks * TICK;
}

/** Resident memory of one process in MiB. */
export function residentMiB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The processes of a tree that have no children: those that serve, where a master does not. */
export function leaves(pid: number): number[] {
  const children = childrenOf(pid);
  return children.length === 0 ? [pid] : children.flatMap(leaves);
}

export function descendants(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendants)];
}

// --- internal ---

function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(statOf(Number(name))[1]) === pid)
    .map(Number);
}

/** The fields of /proc/PID/stat after the command: state, parent, … */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
