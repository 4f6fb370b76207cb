/** Eight projects: unit tests run in parallel, those that start processes a few at a time, fewer where time counts; what wants the machine for itself runs alone. */

import { defineConfig } from "vitest/config";

/** Files that start real processes: one at a time, on the built dist/. */
const SERIAL = {
  globalSetup: ["test/support/build-dist.ts"],
  isolate: false,
  fileParallelism: false,
  testTimeout: 90_000,
  hookTimeout: 90_000,
  // Where others are on the machine; what passes only then is listed at the end, to be looked into. At home a failure is one.
  retry: process.env["CI"] === undefined ? 0 : 1,
};

/** Integration tests in which time counts: on a machine that is busy with others, though not with many, they hold. */
const TIMED = integration(
  "balance",
  "boot-timeout",
  "gthread",
  "keep-alive",
  "master-timeout",
  "proxies",
  "slow-clients",
  "sync-class",
  "websocket-hooks-stop",
  "worker-connections",
);

/** Those that compare speeds. */
const ALONE = integration("tune", "tune-grid");

function integration(...names: string[]): string[] {
  return names.map((name) => `test/integration/${name}.test.ts`);
}

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/retried-reporter.ts"],
    coverage: { include: ["src/**"], reporter: ["text-summary", "html"] },
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/lint/**/*.test.ts"],
          // Files share processes: one for each would take longer to start, and to load the sources into, than most take to run.
          isolate: false,
          maxWorkers: 2,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "native",
          include: ["test/native/**/*.test.ts"],
          pool: "forks",
          maxWorkers: 2,
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          sequence: { groupOrder: 2 },
          ...SERIAL,
          // Nothing in it depends on time, and much of it waits.
          fileParallelism: true,
          maxWorkers: 5,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          exclude: [...TIMED, ...ALONE],
          sequence: { groupOrder: 3 },
          ...SERIAL,
          // They wait for processes most of the time.
          fileParallelism: true,
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: "integration-timed",
          include: TIMED,
          sequence: { groupOrder: 4 },
          ...SERIAL,
          fileParallelism: true,
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: "integration-alone",
          include: ALONE,
          sequence: { groupOrder: 5 },
          ...SERIAL,
        },
      },
      {
        test: {
          name: "guides",
          include: ["test/guides/**/*.test.ts"],
          sequence: { groupOrder: 6 },
          ...SERIAL,
          globalSetup: [...SERIAL.globalSetup, "test/guides/installation.ts"],
          maxConcurrency: 3,
        },
      },
      {
        test: {
          name: "loss",
          include: ["test/loss/**/*.test.ts"],
          sequence: { groupOrder: 7 },
          ...SERIAL,
          testTimeout: 180_000,
          globalSetup: [...SERIAL.globalSetup, "test/loss/table.ts"],
        },
      },
    ],
  },
});
