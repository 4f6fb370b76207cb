/** Six projects: unit tests run in parallel; what depends on processes and time runs one file at a time. */

import { defineConfig } from "vitest/config";

/** Files that start real processes: one at a time, on the built dist/. */
const SERIAL = {
  globalSetup: ["test/support/build-dist.ts"],
  fileParallelism: false,
  testTimeout: 30_000,
  hookTimeout: 30_000,
};

export default defineConfig({
  test: {
    coverage: { include: ["src/**"], reporter: ["text-summary", "html"] },
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/lint/**/*.test.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "native",
          include: ["test/native/**/*.test.ts"],
          pool: "forks",
          testTimeout: 30_000,
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
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          sequence: { groupOrder: 3 },
          ...SERIAL,
        },
      },
      {
        test: {
          name: "guides",
          include: ["test/guides/**/*.test.ts"],
          sequence: { groupOrder: 5 },
          ...SERIAL,
          globalSetup: [...SERIAL.globalSetup, "test/guides/installation.ts"],
          maxConcurrency: 3,
        },
      },
      {
        test: {
          name: "loss",
          include: ["test/loss/**/*.test.ts"],
          sequence: { groupOrder: 4 },
          ...SERIAL,
          globalSetup: [...SERIAL.globalSetup, "test/loss/table.ts"],
          ...(process.env["JUNICORN_LOSS"] === "full" ? { testTimeout: 180_000 } : {}),
        },
      },
    ],
  },
});
