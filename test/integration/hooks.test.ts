/** Hooks of the config file: which are called, in which process and order, with what, and what becomes of those that fail. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ask } from "../support/ask.ts";
import { APPS, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

function configFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-hooks-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "junicorn.config.mjs");
  writeFileSync(file, text);
  return file;
}

function start(config: string, ...args: string[]): Promise<Junicorn> {
  return startJunicorn({ app: "process-lab.mjs", cwd: APPS, args: ["-c", config, ...args] });
}

/** `hook NAME` of each line, in order. */
function called(server: Junicorn): string[] {
  return [...server.stderr.matchAll(/\] hook (.*)/g)].map(([, text]) => text!);
}

const LIFE = `
  const tell = (name, text = () => "") => async (first, ...rest) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    first.log.info("hook " + name + " " + process.pid + " " + text(first, ...rest));
  };
  export default {
    nworkers_changed: tell("nworkersChanged", (server, now, before) => now + " " + before),
    on_starting: tell("onStarting", (server) => server.pid + " " + server.settings.workers),
    whenReady: tell("whenReady"),
    preFork: tell("preFork", (server, worker) => worker.pid + " " + worker.age),
    post_fork: tell("postFork", (server, worker) => server.pid + " " + worker.pid + " " + worker.age),
    postWorkerInit: tell("postWorkerInit", (worker) => worker.pid),
    workerInt: tell("workerInt"),
    workerExit: tell("workerExit", (server, worker) => worker.pid),
    childExit: tell("childExit", (server, worker) => worker.pid + " " + worker.exit.code + " " + worker.exit.signal),
    onReload: tell("onReload"),
    onExit: tell("onExit"),
  };`;

test("each is called in its process, in order, and waited for", async () => {
  const server = await start(configFile(LIFE));
  await server.waitFor(/ready after/);
  const master = server.pid;
  const [worker] = server.workers;
  await server.stop("SIGINT");
  expect(called(server).map((line) => line.trim())).toEqual([
    `nworkersChanged ${master} 1 null`,
    `onStarting ${master} ${master} 1`,
    `whenReady ${master}`,
    `preFork ${master} 0 1`,
    `postFork ${worker} ${master} ${worker} 1`,
    `postWorkerInit ${worker} ${worker}`,
    `workerInt ${worker}`,
    `workerExit ${worker} ${worker}`,
    `childExit ${master} ${worker} 0 null`,
    `onExit ${master}`,
  ]);
});

test("a new number of workers is told before one is started for it", async () => {
  const server = await start(configFile(LIFE));
  await server.waitFor(/ready after/);
  const before = called(server).length;
  server.signal("SIGTTIN");
  await server.waitFor(/hook preFork \d+ 0 2/);
  expect(called(server)[before]).toBe(`nworkersChanged ${server.pid} 2 1`);
});

test("a reload calls the new file's hooks, in the master and in the new workers", async () => {
  const file = configFile(LIFE);
  const server = await start(file);
  await server.waitFor(/ready after/);
  await server.waitFor(/hook postWorkerInit/); // which the worker writes, not the master
  writeFileSync(file, LIFE.replaceAll(`"hook "`, `"hook new "`));
  server.signal("SIGHUP");
  await server.waitFor(/hook new childExit \d+ \d+ 0 null|hook childExit \d+ \d+ 0 null/);
  const names = called(server).map((line) => line.replaceAll(/ \d.*/g, ""));
  const reload = names.slice(names.indexOf("postWorkerInit") + 1);
  // The old worker and the new one each write for themselves: which of their lines is read first is a matter of luck.
  expect(reload).toContain("workerExit");
  expect(reload.filter((name) => name !== "workerExit")).toEqual([
    "new onReload",
    "new preFork",
    "new postFork",
    "new postWorkerInit",
    "new childExit",
  ]);
});

test("one that throws, is rejected or never ends is logged by its name, and the server goes on", async () => {
  const server = await start(
    configFile(`export default {
      hookTimeout: 0.2,
      onStarting() { throw new Error("from onStarting"); },
      whenReady: () => Promise.reject(new Error("from whenReady")),
      preFork: () => new Promise(() => {}),
      postFork() { Promise.reject(new Error("from nobody")).catch(() => {}); throw "from postFork"; },
      postWorkerInit: () => new Promise(() => {}),
      onExit() { setTimeout(() => { throw new Error("stray"); }); return new Promise((resolve) => setTimeout(resolve, 50)); },
    };`),
  );
  await server.waitFor(/ready after/);
  expect((await ask(server.port, "/pid")).status).toBe(200);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  for (const line of [
    /\[ERROR\] The hook onStarting failed: Error: from onStarting\n +at onStarting \(.*junicorn\.config\.mjs:3:/,
    /\[ERROR\] The hook whenReady failed: Error: from whenReady/,
    /\[ERROR\] The hook preFork has not finished after 0\.2 s/,
    /\[ERROR\] The hook postFork failed: 'from postFork'/,
    /\[ERROR\] The hook postWorkerInit has not finished after 0\.2 s/,
    /\[ERROR\] Uncaught error in the master, of what a hook has begun: Error: stray/,
  ])
    expect(server.stderr).toMatch(line);
});

test("a hook of workers that cannot be loaded is a failure to boot, with file and line", async () => {
  const config = configFile(`
    const inWorker = process.send !== undefined;
    if (inWorker) missing();
    export default { postFork() {} };`);
  const server = await startJunicorn({ app: "process-lab.mjs", args: ["-c", config], ready: false });
  expect(await server.exited()).toEqual({ code: 1, signal: null });
  expect(server.stderr).toMatch(/junicorn\.config\.mjs:3: ReferenceError: missing is not defined\n\n.*> 3 │ /s);
});

test.each([
  ["sync", []],
  ["gthread", ["--threads", "2"]],
  ["async", []],
  ["async", ["--http-engine", "llhttp"]],
])(
  "requests in the %s class %j: preRequest is waited for and can refuse, postRequest knows what was answered",
  async (workerClass, more) => {
    const config = configFile(`
    export default {
      preRequest(worker, request) {
        if (request.path === "/refused") throw new Error("not this one");
        request.notes.by = [request.method, request.path, request.query, request.httpVersion, request.headers["x-a"]].join(" ");
        if (request.path === "/pid") return new Promise((resolve) => setTimeout(resolve, 30));
      },
      async postRequest(worker, request, response) {
        worker.log.info("hook " + request.notes.by + " -> " + response.status + " " + response.bytesSent + " " + (response.milliseconds >= 25));
        if (request.path === "/refused") throw new Error("too late");
      },
    };`);
    const server = await start(config, "-k", workerClass, ...more);
    await server.waitFor(/ready after/);
    const body = await (await fetch(`${server.origin}/pid?x=1`, { headers: { "X-A": "b" } })).text();
    expect((await ask(server.port, "/refused")).status).toBe(500);
    await poll(() => called(server).length >= 2);
    expect(called(server)).toEqual([
      `GET /pid x=1 1.1 b -> 200 ${body.length} true`,
      expect.stringMatching(/^undefined -> 500 26 /),
    ]);
    expect(server.stderr).toMatch(/The hook preRequest failed: Error: not this one/);
    await server.waitFor(/The hook postRequest failed: Error: too late/);
  },
);

test("workerAbort is called in a sync worker whose request has outlasted its time, and childExit hears how it ended", async () => {
  const config = configFile(`export default {
    timeout: 1,
    workerAbort: (worker) => worker.log.info("hook workerAbort " + worker.pid),
    childExit: (server, worker) => server.log.info("hook childExit " + worker.pid + " " + worker.exit.code),
  };`);
  const server = await start(config);
  await server.waitFor(/ready after/);
  const [worker] = server.workers;
  await ask(server.port, "/never").catch(() => null);
  await server.waitFor(/hook childExit/);
  expect(called(server)).toEqual([`workerAbort ${worker}`, `childExit ${worker} 1`]);
});
