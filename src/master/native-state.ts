/** What the kernel says of a thread that does not come back to JavaScript. */

import { readFileSync } from "node:fs";

/** Of the main thread of a process, for people. */
export function describeThread(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  const state = stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
  const wchan = read(`/proc/${pid}/wchan`);
  const where = /^[a-z_]\w*$/i.test(wchan) ? ` in ${wchan}` : "";
  switch (state) {
    case "":
      return "the process is gone";
    case "T":
    case "t":
      return "the process is stopped (SIGSTOP, or a debugger)";
    case "Z":
      return "the process has ended";
    case "R":
      return "the thread is busy in native code";
    case "D":
      return `the thread is blocked in the kernel${where}, uninterruptibly: a disk or network file system that does not answer?`;
    default:
      return `the thread is blocked in native code${where}: a synchronous call that waits?`;
  }
}

// --- internal ---

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
