/** Processor time, memory and kinship, read from /proc. */

import { readdirSync, readFileSync } from "node:fs";

/** Of one tick, Linux' USER_HZ, in µs. */
const TICK = 10_000;

export interface Memory {
  /** Resident memory; what processes share counts for each of them. */
  readonly rssMiB: number;
  /** What processes share counts in parts; 0 where the kernel does not tell. */
  readonly pssMiB: number;
}

/** User and system time of the processes, in µs. Those that are gone count nothing. */
export function cpuMicroseconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const [, , , , , , , , , , , user, system] = statOf(pid);
    ticks += Number(user ?? 0) + Number(system ?? 0);
  }
  return ticks * TICK;
}

/** The same of this process and of those of its children that have ended. */
export function ownMicroseconds(): number {
  const [, , , , , , , , , , , ...times] = statOf(process.pid);
  return sum(times.slice(0, 4), Number) * TICK;
}

/** The same of all that runs on the CPUs, what a hypervisor gave to others included; interrupts, as those of the network, are nobody's, and left out. */
export function machineMicroseconds(cpus: readonly number[]): number {
  const lines = read("/proc/stat").split("\n");
  return sum(cpus, (cpu) => {
    const line = lines.find((text) => text.startsWith(`cpu${cpu} `)) ?? "";
    const [, user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(" ").map(Number);
    return (user + nice + system + steal) * TICK;
  });
}

/** Resident memory of the processes together. */
export function residentMiB(...pids: readonly number[]): number {
  return sum(pids, (pid) => field(`/proc/${pid}/status`, /^VmRSS:\s+(\d+)/m));
}

/** Takes the kernel a while: some milliseconds for each process. */
export function memoryOf(pids: readonly number[]): Memory {
  return {
    rssMiB: residentMiB(...pids),
    pssMiB: sum(pids, (pid) => field(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+)/m)),
  };
}

/** The processes of a tree that have no children: those that serve, where a master does not. */
export function leaves(pid: number): number[] {
  const children = childrenOf(pid);
  return children.length === 0 ? [pid] : children.flatMap(leaves);
}

/** The process and all below it. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

// --- internal ---

function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(statOf(Number(name))[1]) === pid)
    .map(Number);
}

/** The fields of /proc/PID/stat after the command: state, parent, … */
function statOf(pid: number): string[] {
  const stat = read(`/proc/${pid}/stat`);
  return stat === "" ? [] : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** A figure in KiB, as MiB. */
function field(file: string, pattern: RegExp): number {
  return Number(pattern.exec(read(file))?.[1] ?? 0) / 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
