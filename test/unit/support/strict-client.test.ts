/** The strict client sees every way in which a server may lose a request: what passes here would pass in the loss tests. */

import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { request } from "../../support/raw-client.ts";
import { describeLosses, Load, type LoadReport } from "../../support/strict-client.ts";

/** What a server does with the nth request of a connection, the nth of all. */
type Behaviour = (socket: Socket, id: string, nth: number) => void;

const answer = (socket: Socket, id: string, extra = "", body = "ok"): void =>
  void socket.write(`HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nX-Pid: 7\r\nContent-Length: 2\r\n${extra}\r\n${body}`);

async function load(behave: Behaviour, options: { count?: number; timeoutMs?: number } = {}): Promise<LoadReport> {
  const server = createServer((socket) => {
    let nth = 0;
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => behave(socket, /X-Id: (\d+)/.exec(data.toString())![1]!, nth++));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return new Load({
    target: (server.address() as AddressInfo).port,
    clients: 1,
    count: 3,
    call: (id) => ({ method: "GET", bytes: request("GET /x", { "X-Id": String(id) }), status: 200, body: "ok" }),
    ...options,
  }).finished();
}

const losses = (report: LoadReport): string[] => report.lost.map(({ loss }) => loss);

test("counts what is answered, and keeps a connection as long as it may", async () => {
  const report = await load((socket, id) => answer(socket, id));
  expect(report).toMatchObject({ sent: 3, lost: [], connections: 1, kept: 2, closedIdle: 0 });
  expect([...report.workers]).toEqual([["7", 3]]);
});

test("makes a new connection after an answer that says so", async () => {
  const report = await load((socket, id) => answer(socket, id, "Connection: close\r\n"));
  expect(report).toMatchObject({ sent: 3, lost: [], connections: 3, kept: 0 });
});

test.each<[string, string, Behaviour]>([
  ["closed without an answer", "closed", (socket) => socket.end()],
  ["reset", "reset", (socket) => socket.resetAndDestroy()],
  ["cut in the body", "cut", (socket, id) => (answer(socket, id, "", "o"), socket.end())],
  ["cut in the head", "cut", (socket) => socket.end("HTTP/1.1 200 OK\r\nX-I")],
  ["the wrong body", "wrong", (socket, id) => answer(socket, id, "", "no")],
  ["the wrong status", "wrong", (socket) => socket.write("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n")],
  ["another request's answer", "wrong", (socket, id) => answer(socket, `${id}0`)],
  ["no HTTP", "wrong", (socket) => socket.write("hello\r\n\r\n")],
  ["silence", "timeout", () => {}],
])("%s is lost: %s", async (_name, loss, behave) => {
  const report = await load(behave, { count: 1, timeoutMs: 50 });
  expect(losses(report)).toEqual([loss]);
  expect(describeLosses(report.lost)).toContain(`${loss}: GET /x HTTP/1.1 (fresh`);
});

test("a request on a kept connection that is closed before its answer is lost, too", async () => {
  const report = await load((socket, id, nth) => (nth === 0 ? answer(socket, id) : socket.end()), { count: 2 });
  expect(losses(report)).toEqual(["raced"]);
  expect(report.lost[0]).toMatchObject({ worker: "7", connection: expect.stringMatching(/^idle for/) });
});

test("refused connections are told from the rest", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  await new Promise((done) => free.close(done));
  const call = () => ({ method: "GET", bytes: request("GET /x"), status: 200, body: "" });
  const report = await new Load({ target: port, clients: 1, count: 1, call }).finished();
  expect(losses(report)).toEqual(["refused"]);
});
