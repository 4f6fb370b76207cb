/** What the kernel's log says about a process that the OOM killer has chosen, where we may read it. */

import { closeSync, constants, openSync, readFileSync, readlinkSync, readSync } from "node:fs";

/** The kernel's own words of the last seconds, or null: there are none, it may not be read, or it counts processes in another way than we. */
export function oomRecord(pid: number, path = "/dev/kmsg"): string | null {
  if (path === "/dev/kmsg" && !inFirstNamespace()) return null;
  const latest = bootMicroseconds() - RECENT_US;
  const victim = new RegExp(`Killed process ${pid} \\(.*`);
  return (
    records(path)
      .map((record) => /^\d+,\d+,(\d+)[^;]*;(.*)/.exec(record))
      .filter((match) => match !== null && Number(match[1]) > latest)
      .map((match) => victim.exec(match![2]!)?.[0])
      .findLast((text) => text !== undefined) ?? null
  );
}

// --- internal ---

const RECENT_US = 30e6;

/** Numbers of processes are the kernel's only in the first namespace: in a container the log speaks of others. */
function inFirstNamespace(): boolean {
  try {
    return readlinkSync("/proc/self/ns/pid") === FIRST_NAMESPACE;
  } catch {
    return false;
  }
}

/** PROC_PID_INIT_INO of the kernel. */
const FIRST_NAMESPACE = "pid:[4026531836]";

function bootMicroseconds(): number {
  try {
    return Number.parseFloat(readFileSync("/proc/uptime", "latin1")) * 1e6;
  } catch {
    return Infinity;
  }
}

/** Each read gives one record, and an error at the end or where records were overwritten meanwhile. */
function records(path: string): string[] {
  const found: string[] = [];
  const buffer = Buffer.alloc(8192);
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    for (let i = 0; i < MOST_RECORDS; i++) {
      const length = readSync(fd, buffer);
      if (length === 0) break;
      found.push(...buffer.toString("utf8", 0, length).split("\n"));
    }
  } catch {
    // EAGAIN: that was all. Or we may not read it.
  }
  if (fd !== undefined) closeSync(fd);
  return found;
}

const MOST_RECORDS = 20_000;
