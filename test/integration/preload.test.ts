/** `--preload`: one message and status 1 before anything else, and else a server like any other. */

import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { runJunicorn, startJunicorn } from "../support/junicorn.ts";

test("an application that cannot be loaded ends the start before anything is bound, with one message", async () => {
  const { code, stderr } = await runJunicorn(["--preload", "-w", "4", "--bind", "127.0.0.1:0", "broken/throws.mjs"]);
  expect(code).toBe(1);
  expect(stderr.match(/ERROR/g)).toHaveLength(1);
  expect(stderr).toMatch(/cannot be loaded \(preload\): [^]*throws\.mjs:\d+/);
  expect(stderr).not.toMatch(/Listening|Booting/);
});

test("one that can be loaded is served, and nothing is left behind", async () => {
  const caches = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("junicorn-compiled-"));
  const before = caches();
  const server = await startJunicorn({ app: "process-lab.mjs", args: ["--preload", "-w", "2"] });
  await server.waitFor(/loaded once: [^]*Listening[^]*All 2 workers are ready/);
  expect(await (await fetch(`${server.origin}/pid`)).text()).toMatch(/^\d+$/);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(caches()).toEqual(before);
});
