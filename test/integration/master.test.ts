import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { APPS, residentMiB, ROOT, runJunicorn, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { isAlive } from "../support/processes.ts";
import { ask } from "../support/ask.ts";

const LAB = "process-lab.mjs";

async function start(...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app: LAB, args });
  await server.waitFor(/ready after/);
  return server;
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test("it tells what it does as people from Gunicorn know it, and serves", async () => {
  const server = await start("-w", "2");
  expect(await ask(server.port, "/pid")).toMatchObject({ status: 200 });
  const lines = server.stderr.split("\n");
  const order = [
    /Starting junicorn \d/,
    /Listening at: http:\/\/127\.0\.0\.1:\d+ \(\d+\)/,
    /Using worker: sync/,
    /Booting worker with pid: \d+/,
    /All 2 workers are ready after \d+ ms/,
  ];
  const places = order.map((pattern) => lines.findIndex((line) => pattern.test(line)));
  expect(
    places.every((place) => place >= 0),
    server.stderr,
  ).toBe(true);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(server.stdout).toBe("");
});

test("a worker that is killed is replaced, and no request after that is lost", async () => {
  const server = await start("-w", "2");
  const [victim] = server.workers;
  process.kill(victim!, "SIGKILL");
  await server.waitFor(new RegExp(`Worker \\(pid:${victim}\\) was sent SIGKILL!`));
  await server.waitForWorkers(3 - 1);
  await poll(() => server.workers.length === 2 && !server.workers.includes(victim!), { what: "a replacement" });
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(server.port, "/pid")));
  expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(200));
});

test("the requests of a worker that dies are named", async () => {
  const server = await start();
  const answer = ask(server.port, "/announced-never").catch((error: unknown) => error);
  await server.waitFor(/handling \/announced-never/);
  process.kill(server.workers[0]!, "SIGSEGV");
  await server.waitFor(
    /was sent SIGSEGV! .* Requests lost:\s+GET \/announced-never from 127\.0\.0\.1:\d+, running for/,
  );
  expect(await answer).toBeInstanceOf(Error);
});

test("when the master is killed, its workers leave by themselves", async () => {
  const server = await start("-w", "2");
  const workers = server.workers;
  expect(workers).toHaveLength(2);
  process.kill(server.pid, "SIGKILL");
  await poll(() => !workers.some(isAlive), { what: "the workers to leave" });
});

test("when the master is killed, a worker that hangs does not outlive its graceful time-out for long", async () => {
  const server = await start("--graceful-timeout", "0.5", "--timeout", "0");
  const workers = server.workers;
  const answer = ask(server.port, "/announced-spin").catch((error: unknown) => error);
  await server.waitFor(/handling \/announced-spin/);
  process.kill(server.pid, "SIGKILL");
  await poll(() => !workers.some(isAlive), { what: "the worker to end" });
  expect(await answer).toBeInstanceOf(Error);
});

test("an application that does not load stops the start: status 4, the cause once", async () => {
  const exit = await runJunicorn(["-b", "127.0.0.1:0", "-w", "3", "no-such-module.mjs"]);
  expect(exit.code).toBe(4);
  expect(exit.stderr.match(/no-such-module\.mjs/g)!.length).toBe(1);
  expect(exit.stderr).toContain("Reason: App failed to load.");
});

test("an application that ends the process while it loads stops the start: status 3", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "leaves.mjs"), "process.exit(0);");
  const exit = await runJunicorn(["-b", "127.0.0.1:0", "-w", "2", "leaves.mjs"], { cwd: directory });
  expect(exit.code).toBe(3);
  expect(exit.stderr).toContain("ended the process with status 0");
  expect(exit.stderr).toContain("Reason: Worker failed to boot.");
});

test("a rejection that nobody handles while the application loads stops the start, with its stack", async () => {
  const directory = temporaryDirectory();
  writeFileSync(
    join(directory, "rejects.mjs"),
    `Promise.reject(new Error("no database"));\nawait new Promise((r) => setTimeout(r, 20000));\nexport default (req, res) => res.end();`,
  );
  const exit = await runJunicorn(["-b", "127.0.0.1:0", "rejects.mjs"], { cwd: directory });
  expect(exit.code).toBe(4);
  expect(exit.stderr).toMatch(/no database[\s\S]*rejects\.mjs:1/);
});

test("a broken application later does not end the server that runs", async () => {
  const directory = temporaryDirectory();
  const app = join(directory, "app.mjs");
  writeFileSync(app, "export default (req, res) => res.end('fine');");
  const server = await startJunicorn({ app, args: ["-w", "2"] });
  await server.waitFor(/ready after/);
  writeFileSync(app, "syntax error here");
  const [victim] = server.workers;
  process.kill(victim!, "SIGKILL");
  await server.waitFor(/failed to boot: /);
  expect(await ask(server.port, "/")).toMatchObject({ status: 200, body: "fine" });
  writeFileSync(app, "export default (req, res) => res.end('mended');");
  await poll(async () => (await ask(server.port, "/")).body === "mended", {
    what: "the mended worker",
  });
});

test("an exception outside a request is logged with its stack, and the worker replaced while the others serve", async () => {
  const server = await start();
  const [worker] = server.workers;
  expect(await ask(server.port, "/throw-outside")).toMatchObject({ status: 200, body: "answered" });
  await server.waitFor(/Uncaught exception in worker[\s\S]*thrown outside on purpose[\s\S]*process-lab\.mjs:\d+/);
  await server.waitFor(new RegExp(`Worker \\(pid:${worker}\\) leaves: uncaught exception`));
  await poll(() => server.workers.length === 1 && server.workers[0] !== worker, { what: "a replacement" });
  expect((await ask(server.port, "/reject-outside")).body).toBe("answered");
  await server.waitFor(/Unhandled rejection in worker[\s\S]*rejected outside on purpose/);
  expect((await ask(server.port, "/pid")).status).toBe(200);
});

test("in a sync worker an exception out of nowhere answers the one request that runs", async () => {
  const server = await start();
  expect(await ask(server.port, "/throw-outside?unanswered")).toMatchObject({ status: 500 });
});

test("an application that ends the process is replaced, and that is said", async () => {
  const server = await start();
  const [worker] = server.workers;
  await expect(ask(server.port, "/exit?code=7")).rejects.toThrow();
  await server.waitFor(new RegExp(`Worker \\(pid:${worker}\\) exited with code 7`));
  expect((await ask(server.port, "/pid")).status).toBe(200);
});

test("a port in use is reported with its holder, tried five times, and ends with status 1", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  const exit = await runJunicorn(["-b", `127.0.0.1:${port}`, LAB]);
  expect(exit.code).toBe(1);
  expect(exit.stderr.match(/Retrying in 1 second/g)).toHaveLength(4);
  expect(exit.stderr).toContain(`127.0.0.1:${port}: the address is already in use by process ${process.pid} (`);
  expect(exit.stderr).not.toContain("Listening at");
});

test("a unix socket is served, a stale one replaced, and it is removed at the end", async () => {
  const path = join(temporaryDirectory(), "app.sock");
  const first = await startJunicorn({ app: LAB, bind: `unix:${path}` });
  expect((await ask(path, "/pid")).status).toBe(200);
  // In use: a second server must not steal it.
  const second = await runJunicorn(["-b", `unix:${path}`, LAB]);
  expect(second).toMatchObject({ code: 1 });
  expect(second.stderr).toContain("already in use");
  expect((await ask(path, "/pid")).status).toBe(200);

  const workers = first.workers;
  process.kill(first.pid, "SIGKILL");
  await poll(() => !workers.some(isAlive), { what: "the workers to leave" });
  expect(existsSync(path)).toBe(true);
  const third = await startJunicorn({ app: LAB, bind: `unix:${path}` });
  expect((await ask(path, "/pid")).status).toBe(200);
  await third.stop();
  expect(existsSync(path)).toBe(false);
});

test("a file that is no socket is left alone", async () => {
  const path = join(temporaryDirectory(), "precious.txt");
  writeFileSync(path, "precious");
  const exit = await runJunicorn(["-b", `unix:${path}`, LAB]);
  expect(exit.code).toBe(1);
  expect(exit.stderr).toContain("not a socket");
  expect(existsSync(path)).toBe(true);
});

test("a listening socket that was inherited is served", async () => {
  const outside = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => outside.once("listening", resolve));
  const { port } = outside.address() as AddressInfo;
  const { fd } = (outside as unknown as { _handle: { fd: number } })._handle;
  const child = spawn(process.execPath, [join(ROOT, "dist/cli/main.js"), "-b", "fd://3", LAB], {
    cwd: APPS,
    stdio: ["ignore", "ignore", "ignore", fd],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  outside.close();
  expect((await ask(port, "/pid")).status).toBe(200);
});

test("several addresses are served alike", async () => {
  const path = join(temporaryDirectory(), "app.sock");
  const server = await start("-b", `unix:${path}`, "-b", "127.0.0.1:0");
  expect(server.ports).toHaveLength(2);
  for (const target of [...server.ports, path]) expect((await ask(target, "/pid")).status).toBe(200);
});

test("the master stays small, as it loads neither the application nor an engine", async () => {
  const server = await start("-w", "2");
  // Of which Node itself has 39 MiB in version 20; in newer ones modules cost more.
  expect(residentMiB(server.pid)).toBeLessThan(process.version.startsWith("v20.") ? 60 : 78);
});

test("--check-config loads the application and serves nothing", async () => {
  expect(await runJunicorn(["--check-config", LAB])).toMatchObject({ code: 0 });
  const bad = await runJunicorn(["--check-config", "no-such-module.mjs"]);
  expect(bad.code).toBe(1);
  expect(bad.stderr).toContain("no-such-module.mjs");
});
