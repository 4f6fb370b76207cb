/** Applications that never finish loading: what they wait for is told, and they are ended. */

import { expect, test } from "vitest";
import { startJunicorn } from "../support/junicorn.ts";

const QUIET = ["--no-control-socket", "--boot-timeout", "1"];

test("a top-level await that never ends stops a first start, and the log says what was waited for", async () => {
  const server = await startJunicorn({ app: "never-loads.mjs", args: QUIET, ready: false });
  expect(await server.exited()).toEqual({ code: 3, signal: null });
  expect(server.stderr).toMatch(
    /\[CRITICAL\] BOOT TIMEOUT \(pid:\d+\): the application has not finished loading after \d\.\d s \(--boot-timeout\), while the event loop is free: .*\n  It waits for:\n(?:    .*\n)*    connection to 127\.0\.0\.1:\d+\n(?:    .*\n)*    1 × timer\n  It is aborted now/,
  );
  expect(server.stderr).toMatch(/the application did not finish loading within 1 s \(--boot-timeout\)/);
  expect(server.stderr).toContain("Reason: Worker failed to boot.");
});

test("an endless loop in a module is shown with its stack", async () => {
  const server = await startJunicorn({ app: "spins-at-load.mjs", args: QUIET, ready: false });
  expect(await server.exited()).toEqual({ code: 3, signal: null });
  expect(server.stderr).toMatch(
    /BOOT TIMEOUT \(pid:\d+\): the application has not finished loading after \d\.\d s \(--boot-timeout\)\n  JavaScript stack:\n    at computeForEver \(.*spins-at-load\.mjs:4:\d+\)/,
  );
});
