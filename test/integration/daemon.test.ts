/** `--daemon`, `--pid`, `--name`, `--env` and `--umask`: the process as the system sees it. */

import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ask } from "../support/ask.ts";
import { backlogOf } from "../support/backlog.ts";
import { APPS, runJunicorn, startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { descendants, isAlive } from "../support/processes.ts";
import { temporaryFolder } from "../support/tools.ts";

const APP = join(APPS, "process-facts.mjs");

it("returns when the daemon serves, and leaves it in a session of its own", async () => {
  const folder = temporaryFolder();
  const [log, pidfile] = [join(folder, "log"), join(folder, "pid")];
  const args = ["--bind", "127.0.0.1:0", "--daemon", "--pid", pidfile, "--error-logfile", log, APP];
  expect(await runJunicorn(args)).toMatchObject({ code: 0, stdout: "", stderr: "" });
  const pid = Number(readFileSync(pidfile, "utf8"));
  onTestFinished(() => [...descendants(pid), pid].filter(isAlive).forEach((one) => process.kill(one, "SIGKILL")));
  const port = Number(/Listening at: .*:(\d+) /.exec(readFileSync(log, "utf8"))?.[1]);
  const facts = JSON.parse((await ask(port, "/")).body) as { pid: number; master: number };
  expect(facts.master).toBe(pid);
  for (const one of [facts.pid, pid]) {
    expect(session(one)).toBe(pid);
    for (const fd of [0, 1, 2]) expect(readlinkSync(`/proc/${one}/fd/${fd}`)).toBe("/dev/null");
  }

  const again = await runJunicorn(args);
  expect(again).toMatchObject({ code: 1 });
  expect(again.stderr).toContain(`${pidfile} (--pid): it names process ${pid} (junicorn: master`);

  process.kill(pid, "SIGTERM");
  await poll(() => !isAlive(pid) && !existsSync(pidfile), { what: "its end" });
});

it("has its workers leave on WINCH, and come back on HUP for those who waited", async () => {
  const folder = temporaryFolder();
  const [log, pidfile] = [join(folder, "log"), join(folder, "pid")];
  await runJunicorn(["--bind", "127.0.0.1:0", "--daemon", "--pid", pidfile, "--error-logfile", log, APP]);
  const pid = Number(readFileSync(pidfile, "utf8"));
  onTestFinished(() => [...descendants(pid), pid].filter(isAlive).forEach((one) => process.kill(one, "SIGKILL")));
  const port = Number(/Listening at: .*:(\d+) /.exec(readFileSync(log, "utf8"))?.[1]);
  process.kill(pid, "SIGWINCH");
  await poll(() => descendants(pid, 1).length === 0, { what: "the worker to leave" });
  const answer = ask(port, "/");
  await poll(() => backlogOf(port) === 1, { what: "a client to wait" });
  process.kill(pid, "SIGHUP");
  expect((await answer).status).toBe(200);
});

it("tells why the daemon did not come up, with the server's exit status", async () => {
  const start = (...args: string[]) => runJunicorn(["--bind", "127.0.0.1:0", "--daemon", ...args]);
  const noApp = await start("nowhere.mjs");
  expect(noApp.code).toBe(4);
  expect(noApp.stderr).toContain('cannot find the application "nowhere.mjs"');
  const noLog = await start("--error-logfile", "/nowhere/log", APP);
  expect(noLog.code).toBe(1);
  expect(noLog.stderr).toContain("cannot open the log file /nowhere/log");
});

it("refuses to start with a pidfile that it cannot write, and replaces one that a crash has left", async () => {
  const pidfile = join(temporaryFolder(), "pid");
  const unwritable = await runJunicorn(["--bind", "127.0.0.1:0", "--pid", "/nowhere/pid", APP]);
  expect(unwritable.code).toBe(1);
  expect(unwritable.stderr).toContain("cannot use the pidfile /nowhere/pid (--pid): its directory does not exist");
  writeFileSync(pidfile, "4194999\n");
  const server = await startJunicorn({ app: APP, args: ["--pid", pidfile] });
  expect(readFileSync(pidfile, "utf8")).toBe(`${server.pid}\n`);
  expect((await server.stop()).code).toBe(0);
  expect(existsSync(pidfile)).toBe(false);
});

it("gives workers their title, variables and mask", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "sub"));
  const socket = join(folder, "sub", "app.sock");
  const env = { KEPT: "1", CHANGED: "before", UV_THREADPOOL_SIZE: "3" };
  const args = ["-n", "shop", "-e", "CHANGED=a,b=c", "-e", "NEW=", "--umask", "027", "--bind", `unix:${socket}`];
  const server = await startJunicorn({ app: APP, args, env });
  const facts = JSON.parse((await ask(server.port, "/")).body) as object;
  expect(facts).toMatchObject({ title: "junicorn: worker [shop]", umask: 0o027 });
  const seen = JSON.parse((await ask(server.port, "/env")).body) as object;
  expect(seen).toMatchObject({ KEPT: "1", CHANGED: "a,b=c", NEW: "" });
  expect(statSync(socket).mode & 0o777).toBe(0o750);
  expect(readFileSync(`/proc/${server.pid}/cmdline`, "utf8")).toMatch(/^junicorn: master \[shop\]/);
});

it("takes variables back and changes the title at a reload", async () => {
  const config = join(temporaryFolder(), "junicorn.config.json");
  const configure = (settings: object) => writeFileSync(config, JSON.stringify(settings));
  configure({ procName: "one", rawEnv: ["CHANGED=1", "GONE=1"] });
  const server = await startJunicorn({ app: APP, args: ["--config", config], env: { GONE: "before" } });
  await server.waitFor(/ready after/);
  configure({ procName: "two", rawEnv: ["CHANGED=2"] });
  server.signal("SIGHUP");
  await server.waitFor(/Reloaded in /);
  const seen = JSON.parse((await ask(server.port, "/env")).body) as object;
  expect(seen).toMatchObject({ CHANGED: "2", GONE: "before" });
  expect(readFileSync(`/proc/${server.pid}/cmdline`, "utf8")).toMatch(/^junicorn: master \[two\]/);
  expect(JSON.parse((await ask(server.port, "/")).body)).toMatchObject({ title: "junicorn: worker [two]" });
});

// --- internal ---

function session(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
}
