/** Applications that never finish loading: what they wait for is told, and they are ended. */

import { expect, test } from "vitest";
import { runJunicorn, startJunicorn } from "../support/junicorn.ts";

/** Long enough for Node itself to be there, whatever else the machine does. */
const QUIET = ["--no-control-socket", "--boot-timeout", "2"];

test("a top-level await that never ends stops a first start, and the log says what was waited for", async () => {
  const server = await startJunicorn({ app: "never-loads.mjs", args: QUIET, ready: false });
  expect(await server.exited()).toEqual({ code: 3, signal: null });
  expect(server.stderr).toMatch(
    /\[CRITICAL\] BOOT TIMEOUT \(pid:\d+\): the application has not finished loading after \d\.\d s \(--boot-timeout\)\n  It waits for:\n(?:    .*\n)*    connection to 127\.0\.0\.1:\d+\n(?:    .*\n)*    1 × timer\n  It is aborted now/,
  );
  expect(server.stderr).toMatch(
    /The application did not finish loading within 2 s \(--boot-timeout\)\. It waits for: .*connection to/,
  );
  expect(server.stderr).toContain("Reason: Worker failed to boot.");
});

test("an endless loop in a module is shown with its stack", async () => {
  const server = await startJunicorn({ app: "spins-at-load.mjs", args: QUIET, ready: false });
  expect(await server.exited()).toEqual({ code: 3, signal: null });
  expect(server.stderr).toMatch(
    /BOOT TIMEOUT \(pid:\d+\): the application has not finished loading after \d\.\d s \(--boot-timeout\)\n  JavaScript stack:\n    at computeForEver \(.*spins-at-load\.mjs:4:\d+\)/,
  );
});

test.each([
  [
    "never-loads.mjs",
    /BOOT TIMEOUT .*\n  Thread \d+\. It waits for:\n(?:    .*\n)*    connection to 127\.0\.0\.1:\d+\n/,
  ],
  [
    "spins-at-load.mjs",
    /BOOT TIMEOUT .*\n  Thread \d+ does not come back from:\n    at computeForEver \(.*spins-at-load\.mjs:4:\d+\)/,
  ],
])("in the gthread class each thread is asked: %s", async (app, report) => {
  const server = await startJunicorn({ app, args: [...QUIET, "--threads", "2"], ready: false });
  expect(await server.exited()).toEqual({ code: 3, signal: null });
  expect(server.stderr).toMatch(report);
});

test("--check-config does not wait for ever either", async () => {
  const { code, stderr } = await runJunicorn(["--check-config", "--boot-timeout", "1", "never-loads.mjs"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/has not finished loading after 1 s \(--boot-timeout\)\n.*It waits for:/);
});
