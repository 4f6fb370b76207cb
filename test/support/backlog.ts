/** What the kernel holds for a listening port of this machine, read from /proc/net/tcp. */

import { readFileSync } from "node:fs";

const LISTEN = "0A";

/** Connections that are established and that nobody has accepted yet. */
export function backlogOf(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1)) {
    const [, address = "", , state, queues = ""] = line.trim().split(/\s+/);
    if (state === LISTEN && address.endsWith(local)) return Number.parseInt(queues.split(":")[1] ?? "", 16);
  }
  throw new Error(`nobody listens on port ${port}`);
}
