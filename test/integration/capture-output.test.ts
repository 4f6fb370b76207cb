/** `--capture-output`: whatever is printed is in the error log's file, and after USR1 in the new one. */

import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

import { startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

test("what workers and their children print is in the error log, and moves with it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-capture-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [log, old] = [join(directory, "error.log"), join(directory, "error.log.1")];
  const read = (file: string): string => readFileSync(file, { encoding: "utf8", flag: "a+" });
  const args = ["--capture-output", "--error-logfile", log];
  const server = await startJunicorn({ app: "prints.mjs", args, ready: false });
  await poll(() => read(log).includes("ready after"));
  const origin = `http://127.0.0.1:${/Listening at: .*:(\d+)/.exec(read(log))![1]}`;
  await fetch(`${origin}/one`);
  renameSync(log, old);
  server.signal("SIGUSR1");
  await poll(async () => (await fetch(`${origin}/two`), read(log).includes("a child for /two")));
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  for (const line of ["printed while loading", "printed for /one", "complained for /one", "a child for /one"])
    expect(read(old)).toContain(line);
  for (const line of ["printed for /two", "complained for /two"]) expect(read(log)).toContain(line);
  expect(server.output).toBe("");
});

test("without a file there is nowhere to capture to, and that is said", async () => {
  const server = await startJunicorn({ app: "prints.mjs", args: ["--capture-output"] });
  await server.waitFor(/\[WARNING\] capture_output has no effect: error_logfile is -/);
  await server.waitFor(/printed while loading/);
});
