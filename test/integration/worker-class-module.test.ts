/** `--worker-class` as a path: a user's own class serves, leaves in order, and what is wrong with one is said. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ask } from "../support/ask.ts";
import { ROOT, runJunicorn, startJunicorn } from "../support/junicorn.ts";

const EXAMPLE = join(ROOT, "examples", "worker-class");

test("the example serves two at a time, and what it holds back is served before it leaves", async () => {
  const server = await startJunicorn({ app: "app.js", cwd: EXAMPLE, args: ["-k", "./bulkhead.ts"] });
  await server.waitFor(/ready after/);
  const answers = Array.from({ length: 6 }, () => ask(server.port, "/"));
  await answers[0];
  server.signal("SIGTERM");
  const bodies = (await Promise.all(answers)).map(({ body }) => body);
  expect(new Set(bodies)).toEqual(new Set(["1 at a time\n", "2 at a time\n"]));
  expect(await server.exited()).toEqual({ code: 0, signal: null });
});

test.each([
  ["a file that is not there", "./bulkhed.ts", 3, /cannot find the worker class "\.\/bulkhed\.ts".*bulkhead/],
  ["an export that is not there", "./bulkhead.ts:Other", 3, /no export "Other"; it exports "default"/],
  ["an export that is no class", "./app.js", 3, /is of type object, and no class; expected a class that extends Base/],
  ["a mistyped name", "asnyc", 2, /expected sync, gthread or async, or the path of a module.*Did you mean async\?/],
])("%s is an error that says what to do", async (_, name, status, message) => {
  const exit = await runJunicorn(["--bind", "127.0.0.1:0", "-k", name, "app.js"], { cwd: EXAMPLE });
  expect(exit.code).toBe(status);
  expect(exit.stderr).toMatch(message);
});

test("a class with a syntax error is shown with its place", async () => {
  const folder = mkdtempSync(join(tmpdir(), "junicorn-class-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "mine.mjs"), "export default class {\n  start( {}\n}\n");
  const args = ["--bind", "127.0.0.1:0", "-k", join(folder, "mine.mjs"), "app.js"];
  const { code, stderr } = await runJunicorn(args, { cwd: EXAMPLE });
  expect(code).toBe(3);
  expect(stderr).toMatch(/mine\.mjs" failed while loading: SyntaxError[^]*> 3 │/);
});
