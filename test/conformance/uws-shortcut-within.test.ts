/** Requests of uWebSockets' shortcut that meet something else: handlers of uWebSockets in which they are answered, upgrades, reloads, the ordered end, and the access log. */

import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { WebSocket } from "ws";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { askKept, keptByUws } from "../support/kept.ts";
import { startMixedLoad } from "../support/mixed-load.ts";
import { poll } from "../support/poll.ts";
import { request, type RawResponse } from "../support/raw-client.ts";
import { valueOf } from "../support/response-parser.ts";
import { describeLosses, Load, type Call } from "../support/strict-client.ts";
import { HAS_UWS } from "../support/uws.ts";
import { open } from "../support/websocket-client.ts";

const UWS = ["--worker-class", "async", "--http-engine", "uws"];

/** How /held can be answered, and by what; null: by nothing that is whole. */
const WAYS = {
  whole: "released",
  streamed: "released",
  large: "released".repeat(20_000),
  pieces: "released".repeat(40_000),
  dated: "released",
  last: "released",
  wrong: "500 Internal Server Error\n",
  short: null,
  cut: null,
};

/** Who has it answered: uWebSockets is in a handler of theirs then, and may have written some of their answer. */
const BY = {
  "a request with a body": async (port: number, way: string) => {
    const response = await ask(port, request(`POST /release?way=${way}`, {}, "body"));
    expect(response.body.toString()).toBe("done");
  },
  "a request with a large body": async (port: number, way: string) => {
    const response = await ask(port, request(`POST /release?way=${way}`, {}, "body".repeat(20_000)));
    expect(response.body.toString()).toBe("done");
  },
  "a request whose answer is begun": async (port: number, way: string) => {
    const response = await ask(port, request(`POST /release?begun&way=${way}`, {}, "body".repeat(20_000)));
    expect(response.body.toString()).toBe("begun, done");
  },
  "one of several requests in one segment": async (port: number, way: string) => {
    const client = await keptByUws(port);
    await client.send(request("GET /hello") + request(`GET /release?begun&way=${way}`) + request("GET /hello"));
    for (const text of ["hello\n", "begun, done", "hello\n"]) expect((await client.read()).body.toString()).toBe(text);
  },
  "another one of its kind": async (port: number, way: string) => {
    const response = await ask(port, request(`GET /release?begun&way=${way}`));
    expect(response.body.toString()).toBe("begun, done");
  },
  "a message on a WebSocket": async (port: number, way: string) => {
    const client = await open(port);
    expect(await client.ask(way)).toBe(`echo ${way}`);
    expect(await client.ask("hello")).toBe("echo hello");
  },
  "a WebSocket that opens": async (port: number, way: string) => {
    const client = await open(port, `/?release=${way}`);
    expect(await client.next()).toBe("open");
    expect(await client.ask("hello")).toBe("echo hello");
  },
};

describe.runIf(HAS_UWS).each(["node", "fetch"])(
  "an answer that is given within a handler of uWebSockets (%s)",
  (name) => {
    let server: Junicorn;
    beforeAll(async () => {
      const app = `./uws-shortcut.mjs${name === "fetch" ? ":fetcher" : ""}`;
      server = await startJunicorn({ app, args: [...UWS, "--interface", name], shared: true });
    });
    afterAll(() => server.kill());

    const rows = Object.keys(BY).flatMap((by) => Object.keys(WAYS).map((way) => [way, by] as const));
    it.each(rows)("%s, by %s", async (way, by) => {
      const { workers, port } = server;
      const clients = await Promise.all([1, 2, 3].map(() => keptByUws(port)));
      for (const client of clients) await client.send(request("GET /held"));
      await poll(async () => held(port, clients.length));
      await BY[by as keyof typeof BY](port, way);
      const expected = WAYS[way as keyof typeof WAYS];
      for (const client of clients) {
        const response = await client.read().catch(() => null);
        if (expected === null) {
          expect(response === null || response.cut).toBe(true);
          continue;
        }
        expect(response?.body.toString()).toBe(expected);
        expect(valueOf(response!, "connection")).toBe(way === "last" ? "close" : undefined);
        if (way === "last") continue;
        await client.send(request("GET /hello"));
        expect((await client.read()).body.toString()).toBe("hello\n");
      }
      expect(server.workers).toEqual(workers);
      expect(server.output).not.toMatch(/\[CRITICAL\]|Booting worker[^]*Booting worker/);
    });
  },
);

describe.runIf(HAS_UWS)("a connection that has served requests", () => {
  test("becomes a WebSocket, and the next one with its descriptor serves requests", async () => {
    const server = await startJunicorn({ app: "./uws-shortcut.mjs", args: [...UWS, "--interface", "node"] });
    for (let round = 0; round < 10; round++) {
      const client = await keptByUws(server.port);
      await client.send(request("GET /sized?bytes=60000&after=timer"));
      expect((await client.read()).body.length).toBe(60_000);
      if (round % 2 === 0) await client.send(request("POST /inspect", {}, "body"));
      if (round % 2 === 0) expect((await client.read("POST")).status).toBe(200);
      const socket = await open(server.port, "/", [], { createConnection: () => client.socket });
      expect(await socket.ask("hello")).toBe("echo hello");
      socket.socket.send("hello");
      socket.socket.close(1000);
      await socket.end();
      expect(socket.socket.readyState).toBe(WebSocket.CLOSED);
      expect((await ask(server.port, request("GET /sized?bytes=10&after=timer"))).body.length).toBe(10);
    }
    expect(server.output).not.toMatch(/\[(ERROR|CRITICAL)\]/);
  });

  test.each(["fetch", "node"])("is lost by no reload, nor by the ordered end (%s)", async (name) => {
    const app = `proxied.mjs${name === "node" ? ":node" : ""}`;
    const server = await startJunicorn({ app, args: [...UWS, "--interface", name, "--workers", "2"] });
    await server.waitFor(/ready after/);
    const mixed = startMixedLoad(server.port, { clients: 6, pause: () => 1 });
    const plain = new Load({ target: server.port, clients: 16, call: plainCall, pause: () => 2 * Math.random() });
    await poll(() => plain.sent > 500 && mixed.sent > 100);
    for (let reloads = 1; reloads <= 2; reloads++) {
      const before = server.output.length;
      server.signal("SIGHUP");
      await poll(() => /Reloaded in/.test(server.output.slice(before)), { what: "a reload" });
      const { sent } = plain;
      await poll(() => plain.sent > sent + 500);
    }
    server.signal("SIGTERM");
    expect((await server.exited()).code).toBe(0);
    const reports = await Promise.all([plain.stop(), mixed.stop()]);
    // When nobody listens any more there is nobody to serve new connections; on those that are there nothing is lost.
    const lost = reports.flatMap((report) => report.lost).filter(({ loss }) => loss !== "refused");
    expect(describeLosses(lost)).toBe("");
    expect(server.output).not.toMatch(/\[(ERROR|CRITICAL)\]|cut [1-9]/);
  });
});

test.runIf(HAS_UWS)("the access log has a line for each, with its status and its bytes", async () => {
  const args = [...UWS, "--interface", "node", "--access-logfile", "-"];
  const server = await startJunicorn({ app: "./uws-shortcut.mjs", args });
  const client = await keptByUws(server.port);
  const rows = [
    ["GET /hello", 200, "6"],
    ["GET /sized?bytes=60000", 200, "60000"],
    ["GET /sized?bytes=60000&after=timer", 200, "60000"],
    ["GET /sized?bytes=100000", 200, "100000"],
    ["GET /latin", 200, "9"],
    ["HEAD /sized?bytes=10", 200, "0"],
    ["GET /status?code=204", 204, "0"],
    ["GET /status?code=404", 404, "0"],
    ["GET /stream?count=2", 200, "14"],
    ["GET /throw", 500, "\\d+"],
    ["DELETE /empty", 200, "0"],
  ] as const;
  for (const [line, status] of rows) {
    await client.send(request(line));
    expect((await client.read(line.split(" ", 1)[0])).status).toBe(status);
  }
  const pattern = rows.map(([line, status, bytes]) => {
    const text = `${line} HTTP/1.1`.replace(/[?.]/g, "\\$&");
    return `127\\.0\\.0\\.1 - - \\[[^\\]]+\\] "${text}" ${status} ${bytes === "0" ? "(0|-)" : bytes} .*\n`;
  });
  await poll(() => new RegExp(pattern.join("")).test(server.stdout), {
    what: () => `${pattern.join("")} in ${server.stdout}`,
  });
  // The one that is gone before its answer has its line, too.
  await client.send(request("GET /held"));
  await poll(() => held(server.port, 1));
  client.destroy();
  await server.waitFor(/"GET \/held HTTP\/1\.1" - - /);
});

// --- internal ---

async function ask(port: number, bytes: string): Promise<RawResponse> {
  return askKept(await keptByUws(port), bytes);
}

/** Whether so many requests to /held wait. */
async function held(port: number, count: number): Promise<boolean> {
  const seen = JSON.parse((await ask(port, request("GET /seen"))).body.toString()) as { held: number };
  return seen.held === count;
}

/** Requests that need nothing but the shortcut, but that a few answers are large. */
function plainCall(id: number, last: boolean): Call {
  const [path, body] = [
    ["/hello", "hello"],
    ["/slow?ms=1", "slow"],
    [`/slow?ms=${id % 20}`, "slow"],
    ["/unread", "not read"],
  ][id % 4]!;
  const fields = { "X-Id": String(id), ...(last ? { Connection: "close" } : {}) };
  return { method: "GET", bytes: request(`GET ${path}`, fields), status: 200, body: body! };
}
