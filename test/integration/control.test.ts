/** The control socket: where it is, whose it is, what it answers. */

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ListenerStatus, RequestSnapshot, Stats, WorkerSnapshot } from "../../src/master/control/api.ts";
import { ask } from "../support/ask.ts";
import { askControl, controlSocketOf, runtimeDirectory } from "../support/control.ts";
import { startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

const APP = "conformance-fetch.mjs";

async function start(...args: string[]) {
  const env = runtimeDirectory();
  const server = await startJunicorn({ app: APP, args, env });
  return { server, socket: await controlSocketOf(server), directory: join(env.XDG_RUNTIME_DIR, "junicorn") };
}

describe("its place", () => {
  test("by the master's pid in a private directory, for its user alone, and nothing stays behind", async () => {
    const { server, socket, directory } = await start();
    expect(socket).toBe(join(directory, `${server.pid}.ctl`));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await server.stop();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("where the settings have it, with a link for those who know the pid", async () => {
    const { XDG_RUNTIME_DIR } = runtimeDirectory();
    const path = join(XDG_RUNTIME_DIR, "app.ctl");
    const { server, socket, directory } = await start("--control-socket", path, "--control-socket-mode", "660");
    expect(socket).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(readlinkSync(join(directory, `${server.pid}.ctl`))).toBe(path);
    await server.stop();
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("a socket that was left over is replaced, one that is alive is not: it is taken over once it is free", async () => {
    const { XDG_RUNTIME_DIR } = runtimeDirectory();
    const path = join(XDG_RUNTIME_DIR, "app.ctl");
    const left = await start("--control-socket", path);
    await left.server.kill();
    expect(existsSync(path)).toBe(true);

    const first = await start("--control-socket", path);
    expect(first.socket).toBe(path);
    const second = await start("--control-socket", path);
    expect(second.server.output).toMatch(/another server listens there; it keeps it/);
    expect(second.socket).toBe(join(second.directory, `${second.server.pid}.ctl`));
    expect((await askControl(path, "GET /stats")).body["pid"]).toBe(first.server.pid);

    await first.server.stop();
    const now = await poll(() => askControl(path, "GET /stats").catch(() => null), { what: "the second one's socket" });
    expect(now.body["pid"]).toBe(second.server.pid);
  });

  test("a directory that others may enter is passed over, and a server without any place serves all the same", async () => {
    const { XDG_RUNTIME_DIR } = runtimeDirectory();
    const shared = join(XDG_RUNTIME_DIR, "junicorn");
    mkdirSync(shared);
    chmodSync(shared, 0o755);
    const file = join(XDG_RUNTIME_DIR, "file");
    writeFileSync(file, "");
    const env = { XDG_RUNTIME_DIR, HOME: file, TMPDIR: file };
    const server = await startJunicorn({ app: APP, env });
    await server.waitFor(
      /The control socket cannot be opened \(.*open to others \(chmod 700 .*cannot reach this server/,
    );
    expect((await ask(server.port, "/hello")).status).toBe(200);
    expect(readdirSync(shared)).toEqual([]);
  });

  test("a path that cannot be had is told of once, and not again on every turn", async () => {
    const { XDG_RUNTIME_DIR } = runtimeDirectory();
    const { server } = await start("--control-socket", join(XDG_RUNTIME_DIR, "missing", "x"));
    server.signal("SIGTTIN");
    await server.waitFor(/Number of workers: 2[^]*Booting worker/);
    expect(server.output.match(/cannot be opened \(.*missing\/x: the directory does not exist\)/g)).toHaveLength(1);
  });

  test("a file that is no socket stays, and so does a socket that has taken our place", async () => {
    const { XDG_RUNTIME_DIR } = runtimeDirectory();
    const path = join(XDG_RUNTIME_DIR, "precious");
    writeFileSync(path, "data");
    const { server } = await start("--control-socket", path);
    expect(server.output).toMatch(/it is not a socket/);
    expect(lstatSync(path).isFile()).toBe(true);

    const mine = await start();
    const other = createServer().listen(`${mine.socket}.new`);
    onTestFinished(() => void other.close());
    await poll(() => existsSync(`${mine.socket}.new`));
    renameSync(`${mine.socket}.new`, mine.socket);
    await mine.server.stop();
    expect(existsSync(mine.socket)).toBe(true);
  });

  test("none with --no-control-socket", async () => {
    const env = runtimeDirectory();
    const server = await startJunicorn({ app: APP, args: ["--no-control-socket"], env });
    await server.waitFor(/ready after/);
    await server.stop();
    expect(server.output).not.toContain("ontrol socket");
    expect(existsSync(join(env.XDG_RUNTIME_DIR, "junicorn"))).toBe(false);
  });
});

describe("what it answers", () => {
  test("the workers, the totals, the addresses and the settings", async () => {
    const { server, socket } = await start("-w", "2");
    await server.waitFor(/workers are ready after/);
    for (let i = 0; i < 5; i++) await ask(server.port, "/hello");
    // A client has its answer a moment before its worker has done with the request.
    const workers = await poll(
      async () => {
        const all = ((await askControl(socket, "GET /workers")).body as { workers: WorkerSnapshot[] }).workers;
        return all.every(({ oldest }) => oldest === null) && all;
      },
      { what: "workers without a request" },
    );
    expect(new Set(workers.map(({ pid }) => pid))).toEqual(new Set(server.workers));
    for (const worker of workers)
      expect(worker).toMatchObject({ state: "ready", beatMs: expect.any(Number), oldest: null });
    expect(workers[0]!.rssBytes).toBeGreaterThan(10 * 1024 ** 2);

    const stats = (await askControl(socket, "GET /stats")).body as unknown as Stats;
    expect(stats).toMatchObject({ pid: server.pid, workerClass: "sync", workers: { target: 2, ready: 2, started: 2 } });
    expect(stats.totals).toMatchObject({ requests: 5, accepted: 5, answers: { "2xx": 5 } });

    const { listeners } = (await askControl(socket, "GET /listeners")).body as { listeners: ListenerStatus[] };
    expect(listeners).toEqual([{ url: server.origin, queue: { length: 0, limit: expect.any(Number) } }]);
    const { settings } = (await askControl(socket, "GET /config")).body as { settings: Record<string, unknown> };
    expect(settings).toMatchObject({ workers: 2, workerClass: "sync" });
  });

  test("what dead workers have counted still counts", async () => {
    const { server, socket } = await start();
    for (let i = 0; i < 3; i++) await ask(server.port, "/hello");
    const [pid] = server.workers;
    process.kill(pid!, "SIGKILL");
    await poll(() => server.workers.length === 1 && server.workers[0] !== pid, { what: "another worker" });
    await ask(server.port, "/hello");
    const stats = (await askControl(socket, "GET /stats")).body as unknown as Stats;
    expect(stats.totals.requests).toBe(4);
    expect(stats.workers).toMatchObject({ started: 2, ended: 1 });
  });

  test("more and fewer workers, and another for one that is sent away", async () => {
    const { server, socket } = await start();
    expect(await askControl(socket, "POST /workers?count=2")).toMatchObject({
      status: 200,
      body: { before: 1, target: 3 },
    });
    await poll(() => server.workers.length === 3, { what: "three workers" });
    expect(await askControl(socket, "DELETE /workers?count=9")).toMatchObject({ status: 200, body: { target: 1 } });
    await poll(() => server.workers.length === 1, { what: "one worker" });
    expect(await askControl(socket, "DELETE /workers")).toMatchObject({ status: 500, body: { error: /at least one/ } });

    const [pid] = server.workers;
    expect((await askControl(socket, `DELETE /workers/${pid}`)).status).toBe(202);
    await poll(() => server.workers.length === 1 && server.workers[0] !== pid, { what: "another worker" });
    expect((await askControl(socket, `DELETE /workers/${server.pid}`)).status).toBe(404);
  });

  test("a request that takes long is listed, and ended on demand", async () => {
    const { server, socket } = await start("--worker-class", "async");
    const answer = ask(server.port, "/delay?ms=60000");
    const request = await poll(
      async () => ((await askControl(socket, "GET /requests")).body as { requests: RequestSnapshot[] }).requests[0],
      { what: "the request" },
    );
    expect(request).toMatchObject({ method: "GET", target: "/delay?ms=60000", pid: server.workers[0] });
    expect(await askControl(socket, `POST /requests/${request.id}/cancel`)).toMatchObject({
      status: 200,
      body: { cancelled: { id: request.id } },
    });
    expect((await answer).status).toBe(503);
    expect((await askControl(socket, `POST /requests/${request.id}/cancel`)).status).toBe(404);
  });

  test("a reload, at once or when it is done, and what is wrong if it fails", async () => {
    const env = runtimeDirectory();
    const app = join(env.HOME, "app.mjs");
    writeFileSync(app, 'export default () => new Response("one");');
    const server = await startJunicorn({ app, env });
    const socket = await controlSocketOf(server);
    writeFileSync(app, 'export default () => new Response("two");');
    expect(await askControl(socket, "POST /reload?wait=1")).toMatchObject({ status: 200, body: { reloaded: true } });
    expect((await ask(server.port, "/")).body).toBe("two");

    writeFileSync(app, "this is no program");
    expect(await askControl(socket, "POST /reload?wait=1")).toMatchObject({
      status: 500,
      body: { error: expect.stringContaining("app.mjs:1") },
    });
    expect(await askControl(socket, "POST /reload")).toMatchObject({ status: 202, body: { reloading: true } });
    expect((await ask(server.port, "/")).body).toBe("two");
    const reloads = async () => ((await askControl(socket, "GET /stats")).body as unknown as Stats).reloads;
    await poll(async () => (await reloads()).failed === 2, { what: "two failed reloads" });
    expect((await reloads()).done).toBe(1);
  });

  test("a quick stop amid a graceful one, and no more than that", async () => {
    const { server, socket } = await start("--worker-class", "async");
    // A client that is patient: only a hurry ends this before the test is given up.
    const client = connect(server.port);
    onTestFinished(() => void client.destroy());
    client.on("error", () => {}).write("GET /delay?ms=60000 HTTP/1.1\r\nHost: test\r\n\r\n");
    await poll(
      async () => ((await askControl(socket, "GET /requests")).body as { requests: unknown[] }).requests.length === 1,
    );
    await askControl(socket, "POST /shutdown");
    await server.waitFor(/Handling control request: POST \/shutdown/);
    for (const late of [
      "POST /reload?wait=1",
      "POST /workers",
      `DELETE /workers/${server.workers[0]}`,
      "POST /upgrade",
    ])
      expect(await askControl(socket, late), late).toMatchObject({
        status: 500,
        body: { error: expect.stringContaining("told to stop") },
      });
    expect(await askControl(socket, "POST /shutdown?mode=quick")).toMatchObject({ status: 202 });
    expect(await server.exited()).toMatchObject({ code: 0 });
  });

  test("what was cut when workers left", async () => {
    const { server, socket } = await start("--worker-class", "async", "--graceful-timeout", "0.2");
    const answer = ask(server.port, "/delay?ms=60000");
    await poll(
      async () => ((await askControl(socket, "GET /requests")).body as { requests: unknown[] }).requests.length,
    );
    await askControl(socket, `DELETE /workers/${server.workers[0]}`);
    expect((await answer).status).toBe(503);
    const cut = async () => ((await askControl(socket, "GET /stats")).body as unknown as Stats).totals.cut;
    await poll(async () => (await cut()).requests === 1, { what: "the request that was cut" });
    expect(await cut()).toEqual({ idle: 0, requests: 1, streams: 0, webSockets: 0 });
  });

  test("a stop, after its own answer", async () => {
    const { server, socket } = await start();
    expect(await askControl(socket, "POST /shutdown?mode=graceful")).toMatchObject({
      status: 202,
      body: { stopping: "graceful" },
    });
    expect(await server.exited()).toMatchObject({ code: 0 });
  });
});

describe("mistakes and bad clients", () => {
  test("are answered with what is wrong", async () => {
    const { socket } = await start();
    const errors: [what: string, status: number, error: RegExp][] = [
      ["GET /wokers", 404, /did you mean \/workers\?/],
      ["GET /nothing/like/it", 404, /GET \/ lists what there is/],
      ["PUT /workers", 405, /takes GET, POST, DELETE/],
      ["POST /workers?count=many", 400, /expected an integer/],
      ["POST /workers?cuont=2", 400, /no parameter cuont: it takes count/],
      ["POST /shutdown?mode=slow", 400, /graceful or quick/],
    ];
    for (const [what, status, error] of errors)
      expect(await askControl(socket, what), what).toMatchObject({
        status,
        body: { error: expect.stringMatching(error) },
      });
    expect((await askControl(socket, "PUT /workers")).headers["allow"]).toBe("GET, POST, DELETE");
    expect(await askControl(socket, "POST /workers", '{"count":2}')).toMatchObject({
      status: 400,
      body: { error: /into the query/ },
    });
    // This one may be cut off before it has sent all of that.
    await askControl(socket, "POST /reopen", "x".repeat(1 << 20)).catch(() => {});
    expect((await askControl(socket, "POST /reopen")).status).toBe(200);
  });

  test("many silent clients and one that speaks no HTTP keep nobody else away", async () => {
    const { server, socket } = await start();
    const silent = Array.from({ length: 20 }, () => connect(socket));
    onTestFinished(() => silent.forEach((client) => client.destroy()));
    const noise = connect(socket);
    noise.end("\x16\x03\x01 hello\r\n\r\n");
    let heard = "";
    noise.setEncoding("latin1").on("data", (text: string) => (heard += text));
    await poll(() => heard.startsWith("HTTP/1.1 400"), { what: "a refusal" });
    expect((await askControl(socket, "GET /stats")).status).toBe(200);
    expect(await server.stop()).toMatchObject({ code: 0 });
  });
});
