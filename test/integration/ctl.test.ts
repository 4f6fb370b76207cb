/** `junicorn status` and `junicorn ctl`, as typed: which server they find, what they say, and their exit status. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { controlSocketOf, runtimeDirectory } from "../support/control.ts";
import { runJunicorn, startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

const APP = "conformance-fetch.mjs";

async function start(env: Record<string, string>, ...args: string[]) {
  const server = await startJunicorn({ app: APP, args, env });
  await controlSocketOf(server);
  return server;
}

describe("which server", () => {
  test("the only one, that of a pid or a pid file, or that of a socket; and help where it is unclear", async () => {
    const env = runtimeDirectory();
    expect(await runJunicorn(["status"], { env })).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/no running server has a control socket here .*--pid FILE.*-s PATH/),
    });
    const pidfile = join(env.XDG_RUNTIME_DIR, "app.pid");
    const one = await start(env, "--pid", pidfile);
    expect(await runJunicorn(["ctl", "show", "stats"], { env })).toMatchObject({ code: 0 });

    const other = await start(env);
    const { code, stderr } = await runJunicorn(["status"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/2 servers run here/);
    for (const { pid } of [one, other]) expect(stderr).toContain(`--pid ${pid}  ${APP} in `);

    const pidOf = async (...args: string[]): Promise<unknown> => {
      const { stdout } = await runJunicorn(["ctl", "show", "stats", "--json", ...args], { env });
      return (JSON.parse(stdout) as { pid: unknown }).pid;
    };
    expect(await pidOf("--pid", pidfile)).toBe(one.pid);
    expect(await pidOf("--pid", String(other.pid))).toBe(other.pid);
    expect(await pidOf("-s", await controlSocketOf(other))).toBe(other.pid);
  });

  test("a server whose environment is another's is found by its pid", async () => {
    const server = await start(runtimeDirectory());
    const { code } = await runJunicorn(["ctl", "show", "stats", "--pid", String(server.pid)], {
      env: runtimeDirectory(),
    });
    expect(code).toBe(0);
  });

  test("what is wrong with what was named", async () => {
    const { XDG_RUNTIME_DIR } = runtimeDirectory();
    const file = join(XDG_RUNTIME_DIR, "file");
    writeFileSync(file, "no number\n");
    const told: [args: string[], problem: RegExp][] = [
      [["-s", join(XDG_RUNTIME_DIR, "none")], /none: there is no such socket/],
      [["-s", file], /no server listens there/],
      [["--pid", join(XDG_RUNTIME_DIR, "none")], /cannot read the pid file .*none/],
      [["--pid", file], /holds no process id/],
      [["--pid", "999999999"], /999999999 does not run/],
      [["--pid", String(process.pid)], /is it a Junicorn/],
    ];
    await Promise.all(
      told.map(async ([args, problem]) =>
        expect(await runJunicorn(["status", ...args]), args.join(" ")).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(problem),
        }),
      ),
    );
  });
});

describe("ctl", () => {
  test("commands, in words and as JSON, and says by its exit status whether it worked", async () => {
    const env = runtimeDirectory();
    const server = await start(env, "--worker-class", "async");
    const ctl = (...args: string[]) => runJunicorn(["ctl", ...args], { env });
    expect(await ctl("worker", "add")).toMatchObject({ code: 0, stdout: "Workers: 2, before 1\n" });
    await poll(() => server.workers.length === 2, { what: "two workers" });
    expect(await ctl("worker", "remove", "5")).toMatchObject({
      code: 0,
      stdout: "Workers: 1, before 2 (1 of the 5 asked for: a server has at least one worker)\n",
    });
    const added = JSON.parse((await ctl("--json", "worker", "add")).stdout);
    expect(added).toEqual({ before: 1, target: 2, limit: null });
    expect((await ctl("worker", "remove")).code).toBe(0);
    expect(await ctl("worker", "remove")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/at least one worker/),
    });
    expect(await ctl("worker", "kill", "1")).toMatchObject({ code: 1, stderr: "junicorn: there is no worker 1\n" });
    expect(await ctl("requests")).toMatchObject({ code: 0, stdout: "No request is in flight\n" });

    const answer = ask(server.port, "/delay?ms=60000");
    const id = await poll(async () => /\d+:\d+(?=.*GET \/delay\?ms=60000)/.exec((await ctl("requests")).stdout)?.[0]);
    expect(await ctl("cancel", id)).toMatchObject({ code: 0, stdout: expect.stringContaining("/delay?ms=60000") });
    expect((await answer).status).toBe(503);
    expect(await ctl("cancel", id)).toMatchObject({ code: 1, stderr: expect.stringContaining("in flight") });

    expect(await ctl("shutdown")).toMatchObject({ code: 0, stdout: expect.stringContaining("stops") });
    expect(await server.exited()).toMatchObject({ code: 0 });
    expect((await ctl("shutdown")).code).toBe(1);
  });

  test("why tells what ended a worker, also when its log is gone", async () => {
    const env = runtimeDirectory();
    const server = await startJunicorn({ app: "process-lab.mjs", env });
    await controlSocketOf(server);
    const ctl = (...args: string[]) => runJunicorn(["ctl", ...args], { env });
    const [pid] = server.workers;
    expect(await ctl("why")).toMatchObject({ code: 0, stdout: "No worker has ended yet\n" });
    expect(await ctl("why", String(pid))).toMatchObject({ code: 1, stderr: expect.stringContaining("lives") });
    void ask(server.port, "/never").catch(() => {});
    await poll(async () => (await ctl("requests")).stdout.includes("/never"), { what: "the request" });
    process.kill(pid!, "SIGKILL");
    const told = await poll(async () => {
      const { code, stdout } = await ctl("why", String(pid));
      return code === 0 && stdout;
    });
    expect(told).toMatch(/SIGKILL/);
    expect(told).toMatch(/GET \/never from 127\.0\.0\.1:\d+, running for/);
    expect((await ctl("why")).stdout).toContain(`Worker (pid:${pid})`);
    expect((await ctl("show", "stats")).stdout).toMatch(/^workers gone +signal: 1$/m);
    expect((await ctl("why", "1")).code).toBe(1);
  });

  test("mistakes are told with what was meant, and end with 2", async () => {
    const told: [args: string[], problem: RegExp][] = [
      [["ctl"], /needs a command: show, /],
      [["ctl", "shwo"], /junicorn ctl has no command "shwo"; did you mean show\?/],
      [["ctl", "worker", "ad"], /junicorn ctl worker has no command "ad"; did you mean add\?/],
      [["ctl", "worker", "add", "0"], /count: "0" is not valid: expected an integer of at least 1/],
      [["ctl", "show", "wokers"], /expected one of all, workers, /],
      [["ctl", "show", "--jsno"], /did you mean --json\?/],
      [["status", "x"], /takes no argument/],
      [["status", "--wathc"], /did you mean --watch\?/],
    ];
    await Promise.all(
      told.map(async ([args, problem]) =>
        expect(await runJunicorn(args), args.join(" ")).toMatchObject({
          code: 2,
          stderr: expect.stringMatching(problem),
        }),
      ),
    );
    expect(await runJunicorn(["ctl", "worker", "--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("remove"),
    });
  });

  test("a module that is called like a subcommand is served as a path", async () => {
    const cwd = runtimeDirectory().XDG_RUNTIME_DIR;
    writeFileSync(join(cwd, "status.mjs"), 'export default () => new Response("mine");');
    const server = await startJunicorn({ app: "./status", cwd });
    expect((await ask(server.port, "/")).body).toBe("mine");
  });
});

describe("status", () => {
  test("shows a server whose worker hangs, since when and on what", async () => {
    const env = runtimeDirectory();
    const server = await startJunicorn({ app: "process-lab.mjs", env, args: ["-w", "2"] });
    await controlSocketOf(server);
    void ask(server.port, "/spin").catch(() => {});
    const line = await poll(
      async () => {
        const { stdout } = await runJunicorn(["status"], { env });
        return /^.*ready +[1-9]\.\d s +1\/1 .*GET \/spin$/m.exec(stdout);
      },
      { what: "the worker that hangs" },
    );
    expect(line[0]).not.toContain("\x1b");
    const { stdout } = await runJunicorn(["status", "--json"], { env });
    const { stats, workers } = JSON.parse(stdout) as { stats: unknown; workers: unknown[] };
    expect(stats).toMatchObject({ pid: server.pid, workers: { ready: 2 }, rates: { perSecond: 0 } });
    expect(workers).toHaveLength(2);
  });

  test("--watch --json is a line a second until it is interrupted", async () => {
    const env = runtimeDirectory();
    const server = await start(env);
    const watching = await startJunicorn({ app: "--watch", bind: null, args: ["status", "--json"], env, ready: false });
    await poll(() => watching.stdout.split("\n").length > 2, { what: "two lines" });
    watching.signal("SIGINT");
    expect(await watching.exited()).toMatchObject({ code: 0 });
    for (const text of watching.stdout.trim().split("\n"))
      expect(JSON.parse(text)).toMatchObject({ stats: { pid: server.pid } });
  });
});
