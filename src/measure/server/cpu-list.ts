/** Which CPUs this process may use, and how the kernel writes lists of them. */

import { readFileSync } from "node:fs";

/** A container may have few of the machine's. */
export function allowedCpus(): number[] {
  const status = readFileSync("/proc/self/status", "utf8");
  return parseCpuList(/^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "0");
}

/** "0-3,8" as [0, 1, 2, 3, 8]. */
export function parseCpuList(list: string): number[] {
  return list
    .trim()
    .split(",")
    .flatMap((part) => {
      const [from = 0, to = from] = part.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}
