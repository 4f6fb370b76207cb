/** The same unmodified applications as in the other classes, each of them in threads. */

import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { ROOT, startJunicorn } from "../support/junicorn.ts";
import { exchange, request } from "../support/raw-client.ts";

/** Its binary is for the Node that it was installed with: of that one its absence must not pass unseen. */
const HAS_SQLITE = process.version.startsWith("v20.") || opensDatabases();

test.each([
  ["express", "app.js"],
  ["fastify", "server.js"],
  ["h3", "app.js"],
  ["hello", "server.js"],
  ["hono", "app.js"],
  ["koa", "app.js"],
  ["nest", "main.ts"],
  ["plain-server", "server.cjs"],
  ["typescript", "app.ts"],
  ["wsgi", "app.js"],
])("examples/%s", async (folder, app) => {
  const cwd = join(ROOT, "examples", folder);
  const inThreads = await startJunicorn({ app, cwd, args: ["-k", "gthread", "--threads", "2"] });
  const alone = await startJunicorn({ app, cwd, args: ["-k", "async", "--http-engine", "llhttp"] });
  await inThreads.waitFor(/ready after/);
  const [one, other] = await Promise.all([ask(inThreads.port, "/"), ask(alone.port, "/")]);
  expect(one.status).toBe(other.status);
  expect(one.status).toBeLessThan(500);
  expect(one.body.replaceAll(/\d+/g, "#")).toBe(other.body.replaceAll(/\d+/g, "#"));
});

test.runIf(HAS_SQLITE)("examples/threads-sqlite: every thread has a connection of its own, and closes it", async () => {
  const clean = (): void => {
    for (const end of ["", "-wal", "-shm"]) rmSync(join(tmpdir(), `junicorn-notes.db${end}`), { force: true });
  };
  clean();
  const server = await startJunicorn({
    app: "app.js",
    cwd: join(ROOT, "examples", "threads-sqlite"),
    args: ["-k", "gthread", "--threads", "3"],
  });
  await server.waitFor(/ready after/);
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) => exchange(server.port, request("POST /notes", {}, `note ${i}`))),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  const notes = JSON.parse((await ask(server.port, "/notes")).body) as { writtenBy: string }[];
  expect(notes).toHaveLength(20);
  expect(notes[0]!.writtenBy).toMatch(/^thread \d+, request \d+-\d+$/);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(server.output).not.toMatch(/\[ERROR\]/);
  clean();
});

// --- internal ---

function opensDatabases(): boolean {
  try {
    const Database = createRequire(import.meta.url)("better-sqlite3") as new (file: string) => { close(): void };
    new Database(":memory:").close();
    return true;
  } catch {
    return false;
  }
}
