/** USR2: a second master beside the first, and what becomes of the two. That no request is lost is shown in test/loss/upgrade.test.ts. */

import { cpSync, existsSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { APPS, ROOT, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { isAlive } from "../support/processes.ts";
import { temporaryFolder } from "../support/tools.ts";

const APP = join(APPS, "process-facts.mjs");

it("starts a second master that serves beside the first and takes its place when that is gone", async () => {
  const pidfile = join(temporaryFolder(), "pid");
  const server = await startJunicorn({ app: APP, args: ["--pid", pidfile, "--name", "shop"] });
  const successor = await upgrade(server, pidfile);
  expect(pidIn(pidfile)).toBe(server.pid);
  expect(title(successor)).toBe("junicorn: master [shop.2]");
  await poll(async () => (await facts(server)).master === server.pid, { what: "an answer of the old workers" });
  await poll(async () => (await facts(server)).master === successor, { what: "an answer of the new workers" });

  server.signal("SIGUSR2");
  await server.waitFor(new RegExp(`No upgrade: a new master \\(pid:${successor}\\) has been started already`));
  process.kill(successor, "SIGUSR2");
  await server.waitFor(/No upgrade: this master was itself started by an upgrade/);

  server.signal("SIGTERM");
  await server.waitFor(/\[INFO\] Master has been promoted\./);
  expect(isAlive(server.pid)).toBe(false);
  await poll(() => pidIn(pidfile) === successor && !existsSync(`${pidfile}.2`), { what: "the pidfile's name" });
  expect(title(successor)).toBe("junicorn: master [shop]");
  expect((await facts(server)).master).toBe(successor);
  const environment = (await (await fetch(`${server.origin}/env`)).json()) as Record<string, string>;
  expect(Object.keys(environment).filter((name) => /^(JUNICORN|NODE_CHANNEL|LISTEN)_/.test(name))).toEqual([]);

  // It can be succeeded in turn, and stops as any other.
  const third = await upgrade(server, pidfile);
  process.kill(third, "SIGTERM");
  await server.waitFor(new RegExp(`The new master \\(pid:${third}\\) exited with status 0: this one goes on serving`));
  expect((await facts(server)).master).toBe(successor);
  process.kill(successor, "SIGTERM");
  await poll(() => !existsSync(pidfile), { what: "the pidfile's end" });
});

it("goes on when the new master does not come up, and says so", async () => {
  const folder = temporaryFolder();
  const app = join(folder, "app.mjs");
  writeFileSync(app, "export default () => new Response('one');");
  const server = await startJunicorn({ app });
  await server.waitFor(/ready after/);
  writeFileSync(app, "export default () => new Response('two'");
  server.signal("SIGUSR2");
  await server.waitFor(/\[ERROR\] The new master \(pid:\d+\) exited with status 4: this one goes on serving/);
  expect(await (await fetch(server.origin)).text()).toBe("one");
  writeFileSync(app, "export default () => new Response('two');");
  server.signal("SIGUSR2");
  await poll(async () => (await (await fetch(server.origin)).text()) === "two", { what: "the new application" });
  server.signal("SIGTERM");
  await server.waitFor(/Master has been promoted/);
});

it("starts the version that is installed by then, though it was called through a link", async () => {
  const folder = temporaryFolder();
  for (const version of ["1.0.0", "2.0.0"]) install(version, join(folder, version));
  symlinkSync("1.0.0", join(folder, "current"));
  const server = await startJunicorn({
    app: "process-facts.mjs",
    main: join("current", "dist", "cli", "main.js"),
    args: ["--chdir", APPS],
    cwd: folder,
    env: { PWD: folder },
  });
  await server.waitFor(/Starting junicorn 1\.0\.0/);
  unlinkSync(join(folder, "current"));
  symlinkSync("2.0.0", join(folder, "current"));
  server.signal("SIGUSR2");
  await server.waitFor(/Starting junicorn 2\.0\.0/);
  const [, successor] = await server.waitFor(/Started a new master \(pid:(\d+)\)/);
  await poll(async () => (await facts(server)).master === Number(successor), { what: "an answer of the new version" });
  server.signal("SIGTERM");
  await server.waitFor(/Master has been promoted/);
});

it("leaves the file of a unix socket in place until the last of the two masters goes", async () => {
  const folder = temporaryFolder();
  const [socket, pidfile] = [join(folder, "app.sock"), join(folder, "pid")];
  const server = await startJunicorn({ app: APP, bind: `unix:${socket}`, args: ["--pid", pidfile] });
  const successor = await upgrade(server, pidfile);
  server.signal("SIGTERM");
  await server.waitFor(/Master has been promoted/);
  expect(await statusOver(socket)).toBe(200);
  process.kill(successor, "SIGTERM");
  await poll(() => !existsSync(socket), { what: "the socket file's end" });
});

it("serves the addresses of the changed config file, and leaves the old ones to the old master", async () => {
  const folder = temporaryFolder();
  const [kept, dropped, added] = ["kept", "dropped", "added"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const config = join(folder, "junicorn.config.json");
  const configure = (...more: string[]) => writeFileSync(config, JSON.stringify({ bind: ["127.0.0.1:0", ...more] }));
  configure(`unix:${kept}`, `unix:${dropped}`, "127.0.0.2:0");
  const server = await startJunicorn({ app: APP, bind: null, args: ["--config", config] });
  const [port = 0, droppedPort = 0] = server.ports;
  await server.waitFor(/ready after/);
  configure(`unix:${kept}`, `unix:${added}`);
  server.signal("SIGUSR2");
  await poll(() => server.output.split("ready after").length > 2, { what: "the new workers" });
  for (const path of [kept, dropped, added]) expect(await statusOver(path)).toBe(200);
  // Several at once: the queue is as long as ever.
  const answers = Array.from({ length: 20 }, () => fetch(`http://127.0.0.2:${droppedPort}`, CLOSE));
  for (const answer of answers) expect((await answer).status).toBe(200);
  server.signal("SIGTERM");
  await server.waitFor(/Master has been promoted/);
  await expect(fetch(`http://127.0.0.2:${droppedPort}`, CLOSE)).rejects.toThrow();
  expect((await fetch(`http://127.0.0.1:${port}`, CLOSE)).status).toBe(200);
  for (const path of [kept, added]) expect(await statusOver(path)).toBe(200);
});

it("refuses what it was not handed by a master", async () => {
  const env = { JUNICORN_PID: "1", JUNICORN_FD: "77" };
  const server = await startJunicorn({ app: APP, env, ready: false });
  expect((await server.exited()).code).toBe(1);
  expect(server.output).toContain("cannot bind fd://77: the descriptor is not a listening socket");
});

// --- internal ---

const CLOSE = { headers: { connection: "close" } };

/** Resolves with the new master's pid when its workers are ready. */
async function upgrade(server: Junicorn, pidfile: string): Promise<number> {
  process.kill(pidIn(pidfile), "SIGUSR2");
  await poll(() => existsSync(`${pidfile}.2`), { what: () => `a second pidfile:\n${server.output}` });
  const successor = pidIn(`${pidfile}.2`);
  await server.waitFor(new RegExp(`\\[${successor}\\] \\[INFO\\] .* ready after`));
  return successor;
}

function pidIn(file: string): number {
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
}

function title(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0.*/s, "");
}

async function facts(server: Junicorn): Promise<{ master: number }> {
  return (await (await fetch(server.origin, CLOSE)).json()) as { master: number };
}

/** A copy of this package that says it is another version. */
function install(version: string, folder: string): void {
  cpSync(join(ROOT, "dist"), join(folder, "dist"), { recursive: true });
  cpSync(
    join(ROOT, "native", "build", "Release", "junicorn.node"),
    join(folder, "native", "build", "Release", "junicorn.node"),
  );
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const text = readFileSync(join(ROOT, "package.json"), "utf8");
  writeFileSync(join(folder, "package.json"), text.replace(/"version": "[^"]*"/, `"version": "${version}"`));
}

function statusOver(socketPath: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: "/" }, (response) => resolve(response.resume().statusCode))
      .once("error", reject)
      .end();
  });
}
