/** HTTP/2 as a server speaks it: what is agreed on with clients, what the log says, and what holds for each request of a connection. */

import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { Certificates } from "../../support/certificates.ts";
import {
  block,
  ErrorCode,
  frame,
  FrameClient,
  FrameFlag,
  FrameType,
  H2Client,
  requestBlock,
  WHOLE,
  type H2Answer,
} from "../../support/h2-client.ts";
import { startJunicorn, type Junicorn } from "../../support/junicorn.ts";
import { poll } from "../../support/poll.ts";
import { secure } from "../../support/tls-client.ts";
import { runTool, temporaryFolder } from "../../support/tools.ts";

const folder = temporaryFolder({ onTestFinished: () => {} });
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { cert, key } = new Certificates(folder).make("own", ["localhost", "127.0.0.1"]);
const TLS = ["--certfile", cert, "--keyfile", key];

function start(...args: string[]): Promise<Junicorn> {
  return startJunicorn({ app: "http2.mjs", args: [...TLS, "--http-protocols", "h1,h2", ...args] });
}

function connect(server: Junicorn): H2Client {
  const client = new H2Client(server.port, { tls: true });
  onTestFinished(() => client.destroy());
  return client;
}

const seen = ({ body }: H2Answer): Record<string, unknown> => JSON.parse(body.toString()) as Record<string, unknown>;

describe("what is spoken", () => {
  test("is what the client can do, HTTP/2 first; curl says so, and so does the access log", async () => {
    const server = await start("-k", "async", "--access-logfile", "-");
    const url = `https://127.0.0.1:${server.port}/curl`;
    for (const [option, version] of [
      ["--http2", "2"],
      ["--http1.1", "1.1"],
    ] as const)
      expect(await runTool("curl", ["-sk", option, "-o", "/dev/null", "-w", "%{http_version}", url])).toBe(version);
    await server.waitFor(/"GET \/curl HTTP\/2\.0" 200[^]*"GET \/curl HTTP\/1\.1" 200/);
    const answer = seen(await connect(server).ask("GET /", { headers: { cookie: ["a=1", "b=2"] } }));
    expect(answer).toMatchObject({ version: "2.0", major: 2, encrypted: true, headers: { cookie: "a=1; b=2" } });
    expect((await connect(server).ask("GET /hints")).interim).toMatchObject([{ ":status": 103 }]);
  });

  test("is HTTP/1 alone unless asked for, and HTTP/2 alone if that is asked for", async () => {
    const plain = await startJunicorn({ app: "http2.mjs", args: TLS });
    expect((await secure(plain.port, { ALPNProtocols: ["h2", "http/1.1"] })).alpnProtocol).not.toBe("h2");
    const only = await startJunicorn({ app: "http2.mjs", args: [...TLS, "--http-protocols", "h2", "-k", "async"] });
    await expect(secure(only.port, { ALPNProtocols: ["http/1.1"] })).rejects.toThrow();
    expect((await connect(only).ask("GET /")).status).toBe(200);
  });

  test("needs TLS: with h1 beside it the log says so, alone it is refused", async () => {
    const server = await startJunicorn({ app: "http2.mjs", args: ["--http-protocols", "h2,h1"] });
    await server.waitFor(/\[WARNING\] HTTP\/2 \(http_protocols\) is not offered, for it needs TLS/);
    const refused = await startJunicorn({ app: "http2.mjs", args: ["--http-protocols", "h2"], ready: false });
    expect((await refused.exited()).code).toBe(1);
    expect(refused.output).toMatch(/http_protocols h2: HTTP\/2 needs TLS: give --certfile/);
  });

  test("offers no WebSockets over it, and says so at once", async () => {
    const server = await start("-k", "async");
    const frames = await FrameClient.connect(server.port, { tls: true });
    onTestFinished(() => frames.destroy());
    const asked = block(
      ...([
        [":method", "CONNECT"],
        [":protocol", "websocket"],
        [":scheme", "https"],
        [":path", "/"],
        [":authority", "h"],
      ] as const),
    );
    frames.send(frame(FrameType.HEADERS, FrameFlag.END_HEADERS, 1, asked));
    expect(await poll(() => frames.resetOf(1))).toBe(ErrorCode.PROTOCOL_ERROR);
    frames.send(frame(FrameType.HEADERS, WHOLE, 3, requestBlock("/")));
    await poll(() => frames.answered(3));
  });
});

describe("what holds for each request", () => {
  test("request_timeout, the health check and max_requests, with many of them on one connection", async () => {
    const args = ["--request-timeout", "0.4", "--health-path", "/health", "--max-requests", "10"];
    const server = await start("-k", "async", ...args);
    const client = connect(server);
    const [slow, quick, health] = await Promise.all([
      client.ask("GET /slow?ms=3000"),
      client.ask("GET /"),
      client.ask("GET /health"),
    ]);
    expect([slow.status, quick.status, health.status]).toEqual([504, 200, 200]);
    const pids = new Set<unknown>();
    let current = client;
    await poll(
      async () => {
        if (current.session.closed || current.session.destroyed) current = connect(server);
        const { status, code, headers } = await current.ask("GET /");
        expect(status === 200 || code === ErrorCode.REFUSED_STREAM).toBe(true);
        if (status === 200) pids.add(headers["x-pid"]);
        return pids.size > 1;
      },
      { interval: 20 },
    );
  });

  test("gthread: connections take turns, so one with many requests does not starve another", async () => {
    const server = await start("-k", "gthread", "--threads", "1");
    const greedy = connect(server);
    const modest = connect(server);
    await Promise.all([greedy.ask("GET /"), modest.ask("GET /")]);
    const many = Array.from({ length: 20 }, () => greedy.ask("GET /slow?ms=40"));
    await sleep(60);
    const one = seen(await modest.ask("GET /"));
    const ends = (await Promise.all(many)).map((answer) => seen(answer)["at"] as number);
    // The one that was being served, and perhaps one more, come before it.
    expect(ends.filter((at) => at < (one["at"] as number)).length).toBeLessThanOrEqual(5);
  });

  test("curl, which goes on with a new connection by itself, notices nothing of a reload, and a long answer is whole", async () => {
    const server = await start("-k", "async", "--workers", "2");
    const url = `https://127.0.0.1:${server.port}/slow?ms=`;
    const codes = [
      "-skZ",
      "--stderr",
      "/dev/null",
      "--http2",
      "--parallel-max",
      "20",
      "-o",
      "/dev/null",
      "-w",
      "code=%{http_code}\\n",
    ];
    const many = runTool("curl", [...codes, `${url}30&n=[1-600]`]);
    const long = connect(server).ask("GET /slow?ms=2500");
    await sleep(200);
    server.signal("SIGHUP");
    await server.waitFor(/Worker exiting[^]*Worker exiting/);
    const answers = [...(await many).matchAll(/code=(\d+)/g)].map(([, code]) => code);
    expect(answers).toEqual(Array.from({ length: 600 }, () => "200"));
    expect(await long).toMatchObject({ status: 200, code: 0 });
  });

  test.each(["sync", "gthread", "async"])("%s: reloads lose nothing that was sent", async (workerClass) => {
    const server = await start("-k", workerClass, "--workers", "2");
    const problems: string[] = [];
    let answered = 0;
    let again = 0;
    let stopped = false;
    const work = async (): Promise<void> => {
      let client = connect(server);
      while (!stopped) {
        if (client.session.closed || client.session.destroyed) client = connect(server);
        const { status, code } = await client.ask("GET /slow?ms=2");
        if (status === 200 && code === 0) answered++;
        // Node's client had not sent it yet when it heard that we leave.
        else if (status === 0 && code === ErrorCode.REFUSED_STREAM) again++;
        else problems.push(`${status} ${code}`);
        // What the kernel has of a GOAWAY is seen before the next request, as other clients do.
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const clients = Array.from({ length: 6 }, work);
    for (let i = 0; i < 2; i++) {
      await sleep(200);
      const booted = [...server.output.matchAll(/Booting worker/g)].length;
      server.signal("SIGHUP");
      await poll(() => [...server.output.matchAll(/Booting worker/g)].length >= booted + 2);
      await poll(() => [...server.output.matchAll(/Worker exiting/g)].length >= 2 * (i + 1));
    }
    stopped = true;
    await Promise.all(clients);
    expect(problems).toEqual([]);
    expect(answered).toBeGreaterThan(20);
    expect(again).toBeLessThan(answered / 2);
    expect(server.output).not.toMatch(/cut [1-9]\d* request/);
  });
});
