/** Which process listens on a TCP port, from /proc: asked only when a port is in use, to name the culprit. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** "process 4242 (nginx)", or "" where /proc does not say (another user's process, another container). */
export function portHolder(port: number): string {
  try {
    const inodes = listeningInodes(port);
    if (inodes.size === 0) return "";
    for (const pid of readdirSync("/proc")) {
      if (/^\d+$/.test(pid) && holds(pid, inodes)) return `process ${pid} (${nameOf(pid)})`;
    }
    return "";
  } catch {
    return "";
  }
}

// --- internal ---

const LISTEN = "0A";

function listeningInodes(port: number): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readOr(table, "").split("\n").slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[1]?.endsWith(suffix) && columns[3] === LISTEN && columns[9] !== undefined) inodes.add(columns[9]);
    }
  }
  return inodes;
}

function holds(pid: string, inodes: Set<string>): boolean {
  try {
    const fds = `/proc/${pid}/fd`;
    return readdirSync(fds).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOr(`${fds}/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    return false; // gone, or not ours to look into
  }
}

function nameOf(pid: string): string {
  return readOr(`/proc/${pid}/comm`, "?").trim();
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}

function linkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
