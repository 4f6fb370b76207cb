import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { isAlive } from "../support/processes.ts";

const LAB = "process-lab.mjs";

async function start(...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app: LAB, args });
  await server.waitFor(/ready after/);
  return server;
}

test.each(["sync", "async"])(
  "TERM lets a %s worker finish its request, and ends with status 0",
  async (workerClass) => {
    const server = await start("-k", workerClass);
    const workers = server.workers;
    const answer = ask(server.port, "/announced-sleep?ms=500");
    await server.waitFor(/handling \/announced-sleep/);
    server.signal("SIGTERM");
    expect(await answer).toMatchObject({ status: 200, body: "slept" });
    expect(await server.exited()).toEqual({ code: 0, signal: null });
    for (const line of [/Handling signal: term/, /Worker exiting \(pid: \d+\)/, /Shutting down: Master/])
      expect(server.stderr).toMatch(line);
    expect(server.stderr).not.toMatch(/ERROR|CRITICAL/);
    expect(workers.some(isAlive)).toBe(false);
  },
);

test("after TERM new clients are refused at once while the last request is finished", async () => {
  const server = await start();
  const answer = ask(server.port, "/announced-sleep?ms=1000");
  await server.waitFor(/handling \/announced-sleep/);
  const port = server.port;
  server.signal("SIGTERM");
  await poll(() =>
    ask(port, "/pid").then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === "ECONNREFUSED",
    ),
  );
  expect(await answer).toMatchObject({ body: "slept" });
});

test("a request that outlasts the graceful time-out is told so, and named in the last line", async () => {
  const server = await start("--graceful-timeout", "0.3");
  const answer = ask(server.port, "/announced-never");
  await server.waitFor(/handling \/announced-never/);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect((await answer).status).toBe(503);
  expect(server.stderr).toMatch(
    /Worker exiting .*cut 0 idle connection\(s\), 1 request\(s\), 0 stream\(s\), 0 WebSocket\(s\)\n +GET \/announced-never from 127/,
  );
});

test.each(["SIGQUIT", "SIGINT"] as const)("%s does not wait for requests", async (signal) => {
  const server = await start();
  const answer = ask(server.port, "/announced-never");
  await server.waitFor(/handling \/announced-never/);
  expect(await server.stop(signal, 5000)).toEqual({ code: 0, signal: null });
  expect((await answer).status).toBe(503);
});

test("a second INT shortens the wait for a worker that hangs", async () => {
  const server = await start("-t", "0");
  const answer = ask(server.port, "/spin").catch((error: unknown) => error);
  await poll(() => server.workers.some(isBusy), { what: "the worker to spin" });
  server.signal("SIGINT");
  await server.waitFor(/Handling signal: int/);
  server.signal("SIGINT");
  await server.waitFor(/Quick shutdown requested/);
  expect((await server.exited(10_000)).code).toBe(0);
  expect(await answer).toBeInstanceOf(Error);
});

test("USR1 opens logs anew during a graceful stop, and INT makes that a quick one", async () => {
  const server = await start();
  const answer = ask(server.port, "/announced-never");
  await server.waitFor(/handling \/announced-never/);
  server.signal("SIGTERM");
  await server.waitFor(/Handling signal: term/);
  server.signal("SIGUSR1");
  await server.waitFor(/Handling signal: usr1/);
  server.signal("SIGINT");
  expect((await server.exited(5000)).code).toBe(0);
  expect((await answer).status).toBe(503);
});

test("TTIN and TTOU change the number of workers, never below one", async () => {
  const server = await start("-w", "1");
  const [eldest] = server.workers;
  server.signal("SIGTTIN");
  await poll(() => server.workers.length === 2, { what: "a second worker" });
  await server.waitForWorkers(2);
  server.signal("SIGTTOU");
  await poll(() => server.workers.length === 1, { what: "one worker" });
  expect(server.workers).not.toContain(eldest);
  server.signal("SIGTTOU");
  await poll(() => server.output.match(/Handling signal: ttou/g)?.length === 2);
  expect((await ask(server.port, "/pid")).body).toBe(String(server.workers[0]));
});

test("TERM to one worker lets it finish, and it is replaced", async () => {
  const server = await start();
  const [worker] = server.workers;
  const answer = ask(server.port, "/announced-sleep?ms=300");
  await server.waitFor(/handling \/announced-sleep/);
  process.kill(worker!, "SIGTERM");
  process.kill(worker!, "SIGTERM");
  expect((await answer).body).toBe("slept");
  await poll(() => server.workers.length === 1 && server.workers[0] !== worker, { what: "a replacement" });
  expect((await ask(server.port, "/pid")).status).toBe(200);
});

test("signals that only the master takes do nothing to a worker", async () => {
  const server = await start();
  const { workers } = server;
  for (const signal of ["SIGHUP", "SIGUSR2", "SIGWINCH", "SIGTTIN", "SIGTTOU"] as const)
    process.kill(workers[0]!, signal);
  expect((await ask(server.port, "/pid")).body).toBe(String(workers[0]));
  expect(server.workers).toEqual(workers);
});

test("a signal to a worker that still loads is named, and others take its place", async () => {
  const server = await startJunicorn({ app: "never-loads.mjs", args: ["-w", "1"], ready: false });
  await server.waitFor(/Booting worker/);
  const [worker] = server.workers;
  process.kill(worker!, "SIGQUIT");
  await server.waitFor(/failed to boot: .*somebody sent it SIGQUIT, not Junicorn\. It was loading the application/);
  await poll(() => server.workers.length === 1 && server.workers[0] !== worker, { what: "a replacement" });
});

test("WINCH leaves a server with a terminal as it is", async () => {
  const server = await start();
  const { workers } = server;
  server.signal("SIGWINCH");
  process.kill(workers[0]!, "SIGWINCH");
  server.signal("SIGTTIN");
  await server.waitFor(/Handling signal: ttin/);
  expect(server.workers).toContain(workers[0]);
  expect((await ask(server.port, "/pid")).status).toBe(200);
});

test("with --drain-delay connections are still accepted, answered and told to close, for so long", async () => {
  const server = await start("-k", "async", "--drain-delay", "1", "--health-path", "/healthz");
  const { port } = server;
  server.signal("SIGTERM");
  await poll(async () => (await ask(port, "/healthz")).status === 503, { what: "health checks to fail" });
  const answer = await ask(port, "/pid");
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.headers).toContainEqual(["Connection", "close"]);
  expect(await server.exited()).toEqual({ code: 0, signal: null });
});

test("USR1 makes master and workers open their logs anew", async () => {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const [access, error] = [join(directory, "access.log"), join(directory, "error.log")];
  const read = (file: string): string => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return "";
    }
  };
  const server = await startJunicorn({
    app: LAB,
    ready: false,
    args: ["--access-logfile", access, "--error-logfile", error],
  });
  await poll(() => read(error).includes("ready after"));
  const port = Number(/Listening at: http:\/\/127\.0\.0\.1:(\d+)/.exec(read(error))![1]);
  await ask(port, "/pid?before");
  await poll(() => read(access).includes("/pid?before"));
  renameSync(access, access + ".1");
  renameSync(error, error + ".1");
  server.signal("SIGUSR1");
  await poll(async () => {
    await ask(port, "/pid?after");
    return read(access).includes("/pid?after");
  });
  await server.stop();
  expect(read(error)).toContain("Shutting down: Master");
  expect(read(error)).toContain("Worker exiting");
  expect(read(error + ".1")).not.toContain("Shutting down");
});

test("a log file that cannot be opened anew stays in use, and costs no worker", async () => {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, "logs"));
  const args = ["--access-logfile", join(directory, "logs", "access.log")];
  const server = await startJunicorn({ app: LAB, args });
  await server.waitFor(/ready after/);
  const { workers } = server;
  renameSync(join(directory, "logs"), join(directory, "moved"));
  server.signal("SIGUSR1");
  await server.waitFor(/\[ERROR\] cannot open the log file .*access\.log \(--access-logfile\): ENOENT/);
  expect((await ask(server.port, "/pid?after")).body).toBe(String(workers[0]));
  await poll(() => readFileSync(join(directory, "moved", "access.log"), "utf8").includes("/pid?after"));
});

// --- internal ---

/** Whether it has used a fifth of a second of processor time and is running now. */
function isBusy(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "R" && Number(fields[11]) > 20;
}
