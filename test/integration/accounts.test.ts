/** `--user`, `--group`, `--initgroups`: what workers become, and what must then be theirs. These need root. */

import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "../support/ask.ts";
import { APPS, runJunicorn, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { isAlive } from "../support/processes.ts";

const APP = join(APPS, "process-facts.mjs");
const NOBODY = 65534;

/** The tests run where this checkout is, and "nobody" must be able to read it. */
const why = process.getuid!() !== 0 ? "only root can" : APPS.startsWith("/root/") ? "nobody can read the checkout" : "";

describe.skipIf(why !== "")(`users${why && ` (skipped: ${why})`}`, () => {
  it.each([
    ["a name", ["--user", "nobody"]],
    ["numbers without an entry in the database", ["--user", "4242", "--group", "4343"], 4242, 4343],
    ["all groups of the user", ["--user", "nobody", "--initgroups"]],
    ["a group alone", ["--group", "nogroup"], 0, NOBODY],
  ])("runs workers as %s, and the master as root", async (_, args, uid = NOBODY, gid = NOBODY) => {
    const server = await startJunicorn({ app: APP, args: [...args, "--worker-class", "gthread", "--threads", "2"] });
    expect(await facts(server)).toMatchObject({ uid, gid, groups: [gid] });
    expect(statSync(`/proc/${server.pid}`).uid).toBe(0);
  });

  it("gives workers their log files, also after a rotation, and their unix sockets", async () => {
    const folder = mkdtempSync(join(tmpdir(), "junicorn-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    chmodSync(folder, 0o755); // nobody can open what is there, and make nothing
    const [errors, access, socket] = ["error.log", "access.log", "app.sock"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const logs = ["--error-logfile", errors, "--access-logfile", access];
    const args = ["--user", "nobody", ...logs, "--bind", `unix:${socket}`];
    const server = await startJunicorn({ app: APP, args, ready: false });
    await poll(() => existsSync(errors) && readFileSync(errors, "utf8").includes("ready after"), { what: "the start" });
    for (const file of [errors, access, socket]) expect(statSync(file)).toMatchObject({ uid: NOBODY, gid: NOBODY });
    for (const file of [errors, access]) renameSync(file, `${file}.1`);
    server.signal("SIGUSR1");
    await poll(() => existsSync(errors) && existsSync(access), { what: "new files" });
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(readFileSync(`${errors}.1`, "utf8"))?.[1]);
    await poll(
      async () => {
        await ask(port, "/after");
        return readFileSync(access, "utf8").includes("GET /after");
      },
      { what: "a line in the new access log" },
    );
    expect(statSync(access)).toMatchObject({ uid: NOBODY, gid: NOBODY });
  });

  it("leaves no worker behind when the master is killed", async () => {
    const server = await startJunicorn({ app: APP, args: ["--user", "nobody"] });
    const { pid } = await facts(server);
    server.signal("SIGKILL");
    await poll(() => !isAlive(pid), { what: "the worker's end" });
  });

  it.each([
    ["an unknown user", ["--user", "no-such"], "--user no-such: there is no such user on this machine"],
    ["an unknown group", ["--group", "no-such"], "--group no-such: there is no such group on this machine"],
    ["a number without a group", ["--user", "4242"], "--user 4242: it is not in the user database: give --group"],
    ["an unreadable directory", ["--user", "nobody", "--chdir", "/root"], "may not read /root: give that user access"],
  ])("refuses %s", async (_, args, problem) => {
    const { code, stderr } = await runJunicorn(["--bind", "127.0.0.1:0", ...args, APP]);
    expect(stderr).toContain(problem);
    expect(code).toBe(problem.includes("/root") ? 3 : 1);
  });

  it("refuses to become somebody else without being root", async () => {
    const through = ["setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups"];
    const start = (user: string) =>
      startJunicorn({ app: APP, args: ["--user", user, "--group", user], through, ready: false });
    const server = await start("4243");
    expect((await server.exited()).code).toBe(1);
    expect(server.output).toContain("--user 4243: only root can run workers as somebody else, and this is user 4242");
    const same = await start("4242");
    await same.waitFor(/ready after/);
  });
});

// --- internal ---

async function facts(server: Junicorn): Promise<{ pid: number }> {
  return JSON.parse((await ask(server.port, "/")).body) as { pid: number };
}
