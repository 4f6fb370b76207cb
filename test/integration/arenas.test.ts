/** The C library's arenas: few in an async worker, which neither the application nor what it starts gets to see. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { startJunicorn } from "../support/junicorn.ts";
import { exchange, request } from "../support/raw-client.ts";

it.each([
  ["async", {}, "MALLOC_ARENA_MAX=4", undefined],
  ["async", { MALLOC_ARENA_MAX: "7" }, "MALLOC_ARENA_MAX=7", "7"],
  ["async", { GLIBC_TUNABLES: "glibc.malloc.arena_max=3" }, undefined, undefined],
  ["sync", {}, undefined, undefined],
])("%s with %j", async (workerClass, env, started, seen) => {
  const args = ["--worker-class", workerClass];
  const server = await startJunicorn({ app: "process-facts.mjs", args, env });
  const [worker] = server.workers as [number];
  const variables = readFileSync(`/proc/${worker}/environ`, "latin1").split("\0");
  expect(variables.find((entry) => entry.startsWith("MALLOC_ARENA_MAX="))).toBe(started);
  const { body } = await exchange(server.port, request("GET /env"));
  const inside = JSON.parse(body.toString()) as Record<string, string>;
  expect([inside["MALLOC_ARENA_MAX"], inside["JUNICORN_ARENAS"]]).toEqual([seen, undefined]);
});
