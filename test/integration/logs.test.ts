/** Logs of a real server: JSON, filters, rotation and a full disk. */

import { existsSync, mkdtempSync, readFileSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runJunicorn, startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

const APP = "fetch-object.mjs";
const newDirectory = (): string => mkdtempSync(join(tmpdir(), "junicorn-logs-"));
const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];

test("both logs are JSON with --log-format json", async () => {
  const directory = newDirectory();
  const access = join(directory, "access.log");
  const server = await startJunicorn({ app: APP, args: ["--log-format", "json", "--access-logfile", access] });
  await (await fetch(`${server.origin}/a?b`)).text();
  await poll(() => linesOf(access).length === 1);
  await server.stop();
  expect(JSON.parse(linesOf(access)[0]!)).toMatchObject({
    level: 30,
    req: { method: "GET", url: "/a?b", remoteAddress: "127.0.0.1" },
    res: { statusCode: 200 },
    msg: "request completed",
  });
  const lines = server.stderr.trimEnd().split("\n");
  for (const line of lines)
    expect(JSON.parse(line)).toMatchObject({ level: 30, hostname: expect.any(String) as string });
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toContain("Shutting down: Master");
});

test("--access-log-filter leaves out what fits a rule, and refuses what is none", async () => {
  const access = join(newDirectory(), "access.log");
  const rules = ["--access-log-filter", "path=/health*", "--access-log-filter", "path=/some status=2xx sample=50%"];
  const server = await startJunicorn({ app: APP, args: [...rules, "--access-logfile", access] });
  for (const path of ["/health", "/some", "/some", "/other"]) await (await fetch(server.origin + path)).text();
  await server.stop();
  expect(linesOf(access).map((line) => /"GET (\S+)/.exec(line)?.[1])).toEqual(["/some", "/other"]);

  const refused = await runJunicorn(["--access-log-filter", "path=health", APP]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/--access-log-filter.*a path begins with \/ or \*/);
});

test("log files that are moved are opened anew, by USR1 at once and without it soon", async () => {
  const access = join(newDirectory(), "access.log");
  const server = await startJunicorn({ app: APP, args: ["--access-logfile", access] });
  const requests = async (file: string) => {
    await (await fetch(server.origin)).text();
    return linesOf(file).length > 0;
  };
  await poll(() => requests(access), { interval: 100 });
  renameSync(access, `${access}.1`);
  server.signal("SIGUSR1");
  await poll(() => requests(access), { interval: 100 });
  renameSync(access, `${access}.2`);
  await poll(() => requests(access), { interval: 200 });
});

test("a full disk costs log lines, which are counted, and nothing else", async () => {
  const directory = newDirectory();
  const access = join(directory, "access.log");
  symlinkSync("/dev/full", access);
  const args = ["--access-logfile", access, "--limit-request-line", "8190", "--metrics-bind", "127.0.0.1:0"];
  const server = await startJunicorn({ app: APP, args });
  const metrics = (await server.waitFor(/Metrics at: (\S+)/))[1]!;
  const long = `${server.origin}/${"x".repeat(8000)}`;
  const lost = async () =>
    Number(/^junicorn_log_lines_lost_total (\d+)/m.exec(await (await fetch(metrics)).text())?.[1]);
  for (let i = 0; i < 24; i++) {
    const answers = await Promise.all(Array.from({ length: 25 }, () => fetch(long)));
    for (const answer of answers) expect((await answer.text(), answer.status)).toBe(200);
  }
  await poll(async () => (await lost()) > 0);
  unlinkSync(access);
  server.signal("SIGUSR1");
  await server.waitFor(/WARNING\] \d+ log lines were lost: .*access\.log could not be written \(ENOSPC\)/);
  await poll(() => linesOf(access).length > 0);
  expect((await server.stop()).code).toBe(0);
});
