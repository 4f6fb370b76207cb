import { describe, expect, it } from "vitest";
import { availableCpus } from "../../../src/config/cpus.ts";

/** A machine with this affinity and these files. */
function machine(parallelism: number, files: Readonly<Record<string, string>>) {
  return { parallelism: () => parallelism, read: (path: string) => files[path] ?? null };
}

const V2 = "/sys/fs/cgroup";
const V1 = "/sys/fs/cgroup/cpu";

describe("availableCpus", () => {
  it.each([
    ["no cgroups", 8, {}, 8],
    ["v2 without a quota", 8, { "/proc/self/cgroup": "0::/a\n", [`${V2}/a/cpu.max`]: "max 100000\n" }, 8],
    ["v2 with a quota", 8, { "/proc/self/cgroup": "0::/a\n", [`${V2}/a/cpu.max`]: "200000 100000\n" }, 2],
    ["v2, rounded down", 8, { "/proc/self/cgroup": "0::/a\n", [`${V2}/a/cpu.max`]: "250000 100000\n" }, 2],
    ["v2, less than one", 8, { "/proc/self/cgroup": "0::/a\n", [`${V2}/a/cpu.max`]: "50000 100000\n" }, 1],
    [
      "v2, a quota above",
      8,
      { "/proc/self/cgroup": "0::/a/b\n", [`${V2}/a/b/cpu.max`]: "max 100000", [`${V2}/a/cpu.max`]: "300000 100000" },
      3,
    ],
    ["v2, its own namespace", 8, { "/proc/self/cgroup": "0::/\n", [`${V2}/cpu.max`]: "400000 100000\n" }, 4],
    [
      "v2, the host's path in a container",
      8,
      { "/proc/self/cgroup": "0::/docker/1\n", [`${V2}/cpu.max`]: "400000 100000\n" },
      4,
    ],
    ["affinity below the quota", 2, { "/proc/self/cgroup": "0::/\n", [`${V2}/cpu.max`]: "400000 100000\n" }, 2],
    [
      "v1 with a quota",
      8,
      {
        "/proc/self/cgroup": "5:memory:/x\n4:cpu,cpuacct:/x\n",
        [`${V1}/x/cpu.cfs_quota_us`]: "150000",
        [`${V1}/x/cpu.cfs_period_us`]: "50000\n",
      },
      3,
    ],
    [
      "v1 without a quota",
      8,
      {
        "/proc/self/cgroup": "4:cpu,cpuacct:/\n",
        [`${V1}/cpu.cfs_quota_us`]: "-1\n",
        [`${V1}/cpu.cfs_period_us`]: "100000\n",
      },
      8,
    ],
  ] as const)("%s", (_, parallelism, files, expected) => {
    expect(availableCpus(machine(parallelism, files))).toBe(expected);
  });

  it("is at least 1 here", () => {
    expect(availableCpus()).toBeGreaterThanOrEqual(1);
  });
});
