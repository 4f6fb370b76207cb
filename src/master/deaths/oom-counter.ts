/** How often the kernel's OOM killer has struck among the processes that share our memory limit. */

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** A count that only grows, and where it is. */
export interface OomCounter {
  /** For people: the file and the name in it. */
  readonly source: string;
  /** Null if it cannot be read any more. */
  read(): number | null;
  /** Bytes that the group may have; null if there is no limit. */
  limit(): number | null;
}

/** That of this process's cgroup (v2, else v1), else that of the whole machine; null where there is none. `root` is for tests. */
export function findOomCounter(root = "/"): OomCounter | null {
  const groups = read(join(root, "proc/self/cgroup")) ?? "";
  const mounts = (read(join(root, "proc/self/mountinfo")) ?? "").split("\n").map(parseMount);
  for (const { isMount, pathOf, file, limitFile } of FLAVOURS) {
    const path = groups
      .split("\n")
      .map(pathOf)
      .find((found) => found !== null);
    if (path === undefined) continue;
    for (const mount of mounts.filter((candidate) => candidate !== null && isMount(candidate))) {
      const counter = counterIn(join(root, mount!.at, below(path, mount!.root)), root, file, limitFile);
      // Where the path is not that of our namespace, the mount point itself is our group.
      const found = counter ?? counterIn(join(root, mount!.at), root, file, limitFile);
      if (found !== null) return found;
    }
  }
  return counterOf(join(root, "proc/vmstat"), "/proc/vmstat", () => null);
}

// --- internal ---

interface Mount {
  /** Which folder of the file system is mounted, and where. */
  readonly root: string;
  readonly at: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** The two versions of cgroups: both may be mounted, and one of them governs memory. */
const FLAVOURS = [
  {
    isMount: (mount: Mount) => mount.type === "cgroup2",
    // "0::/path"
    pathOf: (line: string) => (line.startsWith("0::") ? line.slice(3) : null),
    file: "memory.events",
    limitFile: "memory.max",
  },
  {
    isMount: (mount: Mount) => mount.type === "cgroup" && mount.options.includes("memory"),
    // "4:memory:/path"
    pathOf: (line: string) => /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/.exec(line)?.[1] ?? null,
    file: "memory.oom_control",
    limitFile: "memory.limit_in_bytes",
  },
] as const;

/** "36 35 98:0 /root /at options … - type source options" (proc_pid_mountinfo(5)). */
function parseMount(line: string): Mount | null {
  const [before = "", after = ""] = line.split(" - ");
  const [, , , root, at] = before.split(" ");
  const [type, , options = ""] = after.split(" ");
  return root === undefined || at === undefined || type === undefined
    ? null
    : { root, at, type, options: options.split(",") };
}

function below(path: string, root: string): string {
  const inside = relative(root, path);
  return inside.startsWith("..") ? path : inside;
}

function counterIn(directory: string, root: string, file: string, limitFile: string): OomCounter | null {
  const path = join(directory, file);
  return counterOf(path, join("/", relative(root, path)), () => limitOf(read(join(directory, limitFile))));
}

function counterOf(path: string, name: string, limit: () => number | null): OomCounter | null {
  const count = (): number | null => {
    const digits = /^oom_kill (\d+)$/m.exec(read(path) ?? "")?.[1];
    return digits === undefined ? null : Number(digits);
  };
  return count() === null ? null : { source: `oom_kill in ${name}`, read: count, limit };
}

/** "max", or in v1 a number beyond all memory, is no limit. */
function limitOf(text: string | null): number | null {
  const bytes = Number(text?.trim());
  return text !== null && bytes > 0 && bytes < 2 ** 60 ? bytes : null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
