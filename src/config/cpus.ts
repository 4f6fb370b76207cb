/** How many CPUs this process may use: affinity, and the CPU quota of its cgroup. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";

/** What is asked of the system; tests bring their own. */
export interface CpuSource {
  /** CPUs in the affinity mask. */
  parallelism(): number;
  /** A file's text, or null if it cannot be read. */
  read(path: string): string | null;
}

/** CPUs this process may use, at least 1. A quota of two and a half CPUs counts as two. */
export function availableCpus(source: CpuSource = SYSTEM): number {
  const quota = cpuQuota(source);
  return Math.max(1, Math.min(source.parallelism(), quota === null ? Infinity : Math.floor(quota)));
}

/** The smallest quota in CPUs among this process's cgroups and all above them, or null where none is set. */
export function cpuQuota(source: CpuSource = SYSTEM): number | null {
  const quotas = (source.read("/proc/self/cgroup") ?? "").split("\n").flatMap((line) => {
    // "0::/path" in v2, "4:cpu,cpuacct:/path" in v1.
    const [hierarchy, controllers = "", ...path] = line.split(":");
    const group = path.join(":");
    if (hierarchy === "0" && controllers === "")
      return ancestors(CGROUP_ROOT, group).map((dir) => quotaV2(source, dir));
    if (!controllers.split(",").includes("cpu")) return [];
    // The hierarchy is mounted under its controllers' names, with "cpu" as a link beside it.
    return ancestors(join(CGROUP_ROOT, "cpu"), group).map((dir) => quotaV1(source, dir));
  });
  const known = quotas.filter((quota) => quota !== null);
  return known.length === 0 ? null : Math.min(...known);
}

// --- internal ---

const SYSTEM: CpuSource = {
  parallelism: availableParallelism,
  read: (path) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return null;
    }
  },
};

const CGROUP_ROOT = "/sys/fs/cgroup";

/**
 * A group's directory and those above it, down to the mount point: a parent's quota binds its children. In a container without a cgroup
 * namespace the path is the host's and only the mount point exists; it then is the container's own group.
 */
function ancestors(root: string, group: string): string[] {
  const directories: string[] = [];
  for (let path = join("/", group); path !== "/"; path = dirname(path)) directories.push(join(root, path));
  return [...directories, root];
}

function quotaV2(source: CpuSource, directory: string): number | null {
  const [quota, period] = (source.read(join(directory, "cpu.max")) ?? "max").trim().split(/\s+/);
  return ratio(quota, period);
}

function quotaV1(source: CpuSource, directory: string): number | null {
  const quota = source.read(join(directory, "cpu.cfs_quota_us"))?.trim();
  const period = source.read(join(directory, "cpu.cfs_period_us"))?.trim();
  return ratio(quota, period);
}

/** "max" and -1 mean no quota. */
function ratio(quota: string | undefined, period: string | undefined): number | null {
  const cpus = Number(quota) / Number(period);
  return Number.isFinite(cpus) && cpus > 0 ? cpus : null;
}
