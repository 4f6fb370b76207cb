import { mkdtempSync, mkdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ask } from "../support/ask.ts";
import { backlogOf } from "../support/backlog.ts";
import { runJunicorn, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

/** A directory with an application that answers `text`, and a config file. */
class Site {
  readonly directory = mkdtempSync(join(tmpdir(), "junicorn-test-"));

  constructor(text: string, settings: Record<string, unknown> = {}) {
    onTestFinished(() => rmSync(this.directory, { recursive: true, force: true }));
    this.answers(text);
    this.set(settings);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  /** `/slow` takes 1.5 s. */
  answers(text: string): void {
    this.write(
      "app.mjs",
      `export default (req, res) => setTimeout(() => res.end(${JSON.stringify(text)}), req.url === "/slow" ? 1500 : 0);`,
    );
  }

  set(settings: Record<string, unknown>): void {
    this.write("junicorn.config.json", JSON.stringify({ bind: "127.0.0.1:0", ...settings }));
  }

  async start(...args: string[]): Promise<Junicorn> {
    const server = await startJunicorn({ app: "app.mjs", cwd: this.directory, bind: null, args });
    await server.waitFor(/ready after/);
    return server;
  }
}

/** Sends HUP and waits for what the log says of it. */
async function reload(server: Junicorn, result: RegExp = /Reloaded in/): Promise<void> {
  const before = server.output.length;
  server.signal("SIGHUP");
  await poll(() => result.test(server.output.slice(before)), { what: () => `${result} in:\n${server.output}` });
}

test("HUP brings new settings and the new application into force", async () => {
  const site = new Site("one", { workers: 1, logLevel: "info" });
  const server = await site.start();
  const [old] = server.workers;
  site.answers("two");
  site.set({ workers: 2, workerClass: "async", logLevel: "debug" });
  await reload(server);
  await poll(() => server.workers.length === 2 && !server.workers.includes(old!), { what: "two new workers" });
  expect((await ask(server.port, "/")).body).toBe("two");
  process.kill(server.workers[0]!, "SIGTERM");
  await server.waitFor(/\[DEBUG\]/);
  await reload(server);
  expect(server.stderr).not.toMatch(/ERROR|WARNING/);
});

test("an application that does not load leaves the old one serving; the log has file and line", async () => {
  const site = new Site("one", { workers: 2 });
  const server = await site.start();
  const { workers } = server;
  site.write("app.mjs", "const a = 1;\nexport default (req, res => a;\n");
  await reload(server, /The reload failed, and the server goes on as it was: [\s\S]*app\.mjs:2/);
  expect(new Set(server.workers)).toEqual(new Set(workers));
  expect((await ask(server.port, "/")).body).toBe("one");
  site.answers("two");
  await reload(server);
  expect((await ask(server.port, "/")).body).toBe("two");
});

test("a config file that cannot be read changes nothing, nor does one that is gone or a value that is not valid", async () => {
  const site = new Site("one");
  const server = await site.start();
  const [worker] = server.workers;
  site.write("junicorn.config.json", '{"workers": 2,}');
  await reload(server, /The reload failed[^\n]*junicorn\.config\.json:1/);
  site.set({ workers: "many" });
  await reload(server, /The reload failed[^\n]*"many" is not valid for workers/);
  unlinkSync(join(site.directory, "junicorn.config.json"));
  await reload(server, /The reload failed[^\n]*junicorn\.config\.json: the config file in force is gone/);
  expect(server.workers).toEqual([worker]);
});

test("a bind that changes: the new address is open before the old one closes, and who waits there is answered", async () => {
  const site = new Site("one");
  const server = await site.start();
  const before = server.port;
  const slow = [ask(before, "/slow"), ask(before, "/"), ask(before, "/")];
  await poll(() => backlogOf(before) === 2, { what: "two connections in the queue" });
  site.set({ bind: "127.0.0.2:0" });
  const moved = server.waitFor(/Listening at: http:\/\/127\.0\.0\.2:(\d+)/);
  await reload(server);
  await moved;
  expect((await Promise.all(slow)).map(({ body }) => body)).toEqual(["one", "one", "one"]);
  await poll(() =>
    ask(before, "/").then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === "ECONNREFUSED",
    ),
  );
});

test("a bind that fails makes the reload fail", async () => {
  const site = new Site("one");
  const server = await site.start();
  site.set({ bind: "unix:/no/such/directory/app.sock" });
  await reload(server, /The reload failed[^\n]*cannot bind unix:\/no\/such\/directory\/app\.sock/);
  expect((await ask(server.port, "/")).body).toBe("one");
});

test("settings that only a restart changes are named", async () => {
  const site = new Site("one");
  const server = await site.start();
  site.set({ backlog: 99, umask: 0o22, workers: 2 });
  const { code, stdout } = await runJunicorn(["ctl", "--pid", String(server.pid), "reload", "--wait"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Reloaded.*\nWarning: Only a restart/) });
  expect(server.stderr).toMatch(/Only a restart or an upgrade \(USR2\) changes backlog, umask: the server goes on/);
  expect(server.workers).toHaveLength(2);
});

test("--reload-surge starts so many at a time", async () => {
  const site = new Site("one", { workers: 3, reloadSurge: 1 });
  const server = await site.start();
  site.write(
    "app.mjs",
    `console.log("begins");
     await new Promise((resolve) => setTimeout(resolve, 100));
     console.log("ends");
     export default (req, res) => res.end();`,
  );
  await reload(server);
  expect(server.stdout).toBe("begins\nends\n".repeat(3));
});

test("TERM in the middle of a reload stops the server", async () => {
  const site = new Site("one");
  const server = await site.start();
  site.write("app.mjs", "await new Promise((resolve) => setTimeout(resolve, 60_000));");
  server.signal("SIGHUP");
  await server.waitForWorkers(2);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

test("a deployment that moves a link is followed, and a broken one left again", async () => {
  const site = new Site("unused");
  for (const name of ["v1", "v2", "v3"]) {
    mkdirSync(join(site.directory, name));
    site.write(`${name}/app.mjs`, `export default (req, res) => res.end(${JSON.stringify(name)});`);
  }
  const link = (to: string): void => {
    rmSync(join(site.directory, "current"), { force: true });
    symlinkSync(to, join(site.directory, "current"));
  };
  link("v1");
  const server = await site.start("--chdir", "current");
  expect((await ask(server.port, "/")).body).toBe("v1");
  link("v2");
  unlinkSync(join(site.directory, "v2/app.mjs"));
  await reload(server, /The reload failed[^\n]*app\.mjs/);
  expect((await ask(server.port, "/")).body).toBe("v1");
  link("v3");
  await reload(server);
  expect((await ask(server.port, "/")).body).toBe("v3");
});
